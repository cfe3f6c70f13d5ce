namespace DelphiRunner.TestServers;

/// <summary>This machine cannot run a server. The message says what to install.</summary>
internal sealed class MissingServerException(string message) : Exception(message);
