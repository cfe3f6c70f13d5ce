namespace DelphiRunner.Runner.Cli;

/// <summary>Makes other people's texts fit for a terminal: whoever can write a row must not be able to steer it.</summary>
internal static class Printable
{
    /// <summary>Replaces control characters, line breaks among them.</summary>
    public static string Line(string text) => Replace(text, char.IsControl);

    /// <summary>Replaces control characters but line breaks and tabs.</summary>
    public static string Lines(string text) => Replace(text, letter => char.IsControl(letter) && letter is not ('\n' or '\t'));

    private static string Replace(string text, Func<char, bool> isBad) =>
        text.Any(isBad) ? string.Create(text.Length, (text, isBad), static (span, state) =>
        {
            for (var i = 0; i < span.Length; i++)
            {
                span[i] = state.isBad(state.text[i]) ? '\uFFFD' : state.text[i];
            }
        }) : text;
}
