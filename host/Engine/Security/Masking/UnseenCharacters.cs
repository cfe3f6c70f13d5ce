namespace DelphiRunner.Engine.Security.Masking;

/// <summary>
/// What nobody sees in a text: what a terminal acts on, and the characters without a width. Those join emoji and the letters of Persian and Indic
/// scripts, so that they are left out of the search for secrets only, and stay in what is stored.
/// </summary>
internal static class UnseenCharacters
{
    /// <summary>The first bytes of what may be one.</summary>
    public static readonly IReadOnlyList<byte> FirstBytes = [.. TerminalCodes.FirstBytes, 0xEF];

    /// <summary>Measures what stands at the beginning of a text.</summary>
    /// <param name="text">The text, at least one byte.</param>
    /// <param name="isCutOff">Whether only what follows the text could tell.</param>
    /// <returns>The length in bytes; 0 when it is nothing of that kind.</returns>
    public static int LengthAt(ReadOnlySpan<byte> text, out bool isCutOff)
    {
        isCutOff = false;
        switch (text)
        {
            case [0xE2, 0x80, >= 0x8B and <= 0x8D, ..] or [0xE2, 0x81, 0xA0, ..] or [0xEF, 0xBB, 0xBF, ..]: // U+200B to U+200D, U+2060, U+FEFF
                return 3;
            case [0xC2, 0xAD, ..]: // U+00AD, the soft hyphen
                return 2;
            case [0xEF] or [0xEF, 0xBB]:
                isCutOff = true;
                return 0;
            default:
                return TerminalCodes.LengthAt(text, out isCutOff);
        }
    }
}
