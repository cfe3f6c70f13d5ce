using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;

namespace DelphiRunner.Engine.Security.Masking;

/// <summary>The forms in which a secret may appear in a program's output.</summary>
internal static class SecretForms
{
    /// <summary>Gives the plain, base64, URL, JSON and shell-quoted forms of a secret, and of each of its lines.</summary>
    public static IEnumerable<byte[]> Of(string secret) =>
        Parts(secret).SelectMany(part => Texts(part).Select(Encoding.UTF8.GetBytes).Concat(Base64(Encoding.UTF8.GetBytes(part))));

    // A program prints a key of several lines line by line, and seldom with the line break that its file ended in.
    private static IEnumerable<string> Parts(string secret) =>
        secret.Split('\n').Select(line => line.Trim()).Append(secret.Trim()).Append(secret)
            .Where(part => Encoding.UTF8.GetByteCount(part) >= SecretMasker.MinLength)
            .Distinct(StringComparer.Ordinal);

    private static IEnumerable<string> Texts(string part) =>
    [
        part,
        .. Url(part, "~"), // RFC 3986
        .. Url(part, "~!'()*"), // encodeURIComponent in JavaScript
        .. Url(part, "~/"), // quote in Python
        .. Url(part, "~!'()*/:@&=+$,;?#"), // encodeURI in JavaScript
        .. Form(part, "!()*"), // as WebUtility in .NET writes forms
        .. Form(part, "*"), // URLSearchParams in JavaScript, URLEncoder in Java
        .. Form(part, "~"), // quote_plus in Python
        JavaScriptEncoder.Default.Encode(part),
        JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(part),
        AsciiJson(part), // json.dumps in Python
        AsciiJson(part).Replace("/", "\\/", StringComparison.Ordinal), // json_encode in PHP
        part.Replace("'", "'\\''", StringComparison.Ordinal),
        part.Replace("'", "'\"'\"'", StringComparison.Ordinal), // shlex.quote in Python
        string.Concat(part.Select(c => "\\\"$`".Contains(c, StringComparison.Ordinal) ? $"\\{c}" : $"{c}")),
    ];

    private static IEnumerable<string> Form(string part, string kept) =>
        Url(part, kept).Select(form => form.Replace("%20", "+", StringComparison.Ordinal));

    private static string[] Url(string part, string kept)
    {
        var upper = string.Concat(Encoding.UTF8.GetBytes(part).Select(b =>
            char.IsAsciiLetterOrDigit((char)b) || $"-._{kept}".Contains((char)b, StringComparison.Ordinal)
                ? $"{(char)b}"
                : string.Create(CultureInfo.InvariantCulture, $"%{b:X2}")));
        var lower = string.Concat(upper.Select((c, i) => IsEscaped(i) ? char.ToLowerInvariant(c) : c));
        return [upper, lower];

        bool IsEscaped(int i) => (i > 0 && upper[i - 1] == '%') || (i > 1 && upper[i - 2] == '%');
    }

    private static string AsciiJson(string part) => string.Concat(part.Select(c => c switch
    {
        '"' => "\\\"",
        '\\' => "\\\\",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        '\b' => "\\b",
        '\f' => "\\f",
        < ' ' or > '~' => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
        _ => $"{c}",
    }));

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
