namespace DelphiRunner.Engine.Security.Masking;

/// <summary>Stands for an exception that quotes a secret, wherever one is printed.</summary>
internal sealed class MaskedException : Exception
{
    private readonly string _text;

    private MaskedException(string message, string text)
        : base(message) => _text = text;

    /// <summary>Gives the exception itself, or if it quotes a secret what may be printed of it.</summary>
    public static Exception Of(Exception exception, SecretMasker masker)
    {
        var text = exception.ToString();
        var masked = masker.Mask(text);
        return masked == text ? exception : new MaskedException(masker.Mask(exception.Message), masked);
    }

    public override string ToString() => _text;
}
