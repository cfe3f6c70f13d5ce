namespace DelphiRunner.Plugins.Delphi.Sizes;

/// <summary>The comments of a conversation could not be counted. Each kind of failure has one text, which names no conversation and no secret.</summary>
internal sealed class CommentCountException(string message, Exception? innerException = null) : Exception(message, innerException);
