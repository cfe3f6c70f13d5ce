namespace DelphiRunner.Engine.Security.Masking;

/// <summary>Stands for an exception that quotes a secret, wherever one is printed.</summary>
internal sealed class MaskedException : Exception
{
    private readonly string _text;

    private MaskedException(string message, string text)
        : base(message) => _text = text;

    /// <summary>Gives the exception itself, or if it quotes a secret, or may and cannot be asked, what may be printed of it. Never throws.</summary>
    public static Exception Of(Exception exception, SecretMasker masker)
    {
        if (masker.Longest == 0)
            return exception;
        // One that fails to tell of itself would fail the log too.
        if (ExceptionText.TryDescribe(exception) is not { } text)
            return new MaskedException(ExceptionText.Instead(exception), ExceptionText.Instead(exception));
        var masked = masker.Mask(text);
        return masked == text ? exception : new MaskedException(masker.Mask(ExceptionText.MessageOf(exception)), masked);
    }

    public override string ToString() => _text;
}
