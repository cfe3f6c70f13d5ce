using System.Text;

namespace DelphiRunner.Engine.Security.Masking;

/// <summary>The forms in which a secret may appear in a program's output, as <see cref="SearchedText"/> has them.</summary>
/// <remarks>What is escaped character by character, as in JSON, in URLs and by backslashes, is undone there and needs no form here.</remarks>
internal static class SecretForms
{
    /// <summary>Gives the plain, quoted and base64 forms of a secret, and of each of its lines; of more than one byte each.</summary>
    public static IEnumerable<byte[]> Of(string secret) =>
        Parts(secret).SelectMany(part => Texts(part).SelectMany(Written).Concat(Base64(Encoding.UTF8.GetBytes(part))))
            .Where(form => form.Length >= SecretMasker.MinLength);

    // A program prints a key of several lines line by line, and seldom with the line break that its file ended in.
    private static IEnumerable<string> Parts(string secret) =>
        secret.Split('\n').Select(line => line.Trim()).Append(secret.Trim()).Append(secret)
            .Where(part => Encoding.UTF8.GetByteCount(part) >= SecretMasker.MinLength)
            .Distinct(StringComparer.Ordinal);

    private static IEnumerable<string> Texts(string part) =>
    [
        part,
        part.Replace("'", "'\\''", StringComparison.Ordinal), // in a shell's single quotes
        part.Replace("'", "'\"'\"'", StringComparison.Ordinal), // shlex.quote in Python
        part.Replace(' ', '+'), // in a web form
    ];

    // As the search has it, which of what is escaped byte by byte leaves out the control characters alone; and as the search has it where
    // a language writes U+0080 to U+00FF by two digits, of which the search cannot know that they are no byte.
    private static IEnumerable<byte[]> Written(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var searched = SearchedText.Of(bytes);
        yield return searched;
        yield return [.. bytes.Where(b => b is >= 0x20 and not 0x7F)];
        yield return [.. Encoding.UTF8.GetString(searched).EnumerateRunes().SelectMany(rune => rune.Value <= 0xFF ? [(byte)rune.Value] : Encoding.UTF8.GetBytes(rune.ToString()))];
    }

    // Base64 writes three bytes as four characters, so a secret inside a longer text has three looks. Of each, the characters
    // that hang on neighbouring bytes too are left off.
    private static IEnumerable<byte[]> Base64(byte[] part)
    {
        yield return Encoding.ASCII.GetBytes(Convert.ToBase64String(part));
        for (var before = 0; before < 3; before++)
        {
            var text = Convert.ToBase64String([.. new byte[before], .. part]).TrimEnd('=');
            var shared = (before + part.Length) % 3 == 0 ? 0 : 1;
            var own = text[(before == 0 ? 0 : before + 1)..^shared];
            yield return Encoding.ASCII.GetBytes(own);
            yield return Encoding.ASCII.GetBytes(own.Replace('+', '-').Replace('/', '_'));
        }
    }
}
