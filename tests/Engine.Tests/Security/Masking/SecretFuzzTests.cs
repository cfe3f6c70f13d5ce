using System.Net;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using DelphiRunner.Engine.Security.Masking;

namespace DelphiRunner.Engine.Tests.Security.Masking;

/// <summary>Random secrets in every form, written by others than the masker's own code, in random pieces.</summary>
[TestFixture]
public sealed class SecretFuzzTests
{
    private const int Rounds = 4000;
    private const string Base64 = "base64";

    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // How programs write a text, each by the library or the rule that those programs use.
    private static readonly (string Name, Func<string, string> Write)[] Writers =
    [
        ("plain", secret => secret),
        ("URL, RFC 3986", Uri.EscapeDataString),
        ("URL, form", WebUtility.UrlEncode),
        ("URL, form of a browser", secret => Uri.EscapeDataString(secret).Replace("%20", "+", StringComparison.Ordinal).Replace("%2A", "*", StringComparison.Ordinal).Replace("~", "%7E", StringComparison.Ordinal)),
        ("JSON", secret => JsonSerializer.Serialize(secret)[1..^1]),
        ("JSON, relaxed", secret => JsonSerializer.Serialize(secret, Relaxed)[1..^1]),
        ("Python, ascii()", secret => string.Concat(secret.EnumerateRunes().Select(Ascii))),
        ("shell, single quotes", secret => secret.Replace("'", "'\\''", StringComparison.Ordinal)),
        ("shell, shlex", secret => string.Join("'\"'\"'", secret.Split('\''))),
        ("shell, double quotes", secret => string.Concat(secret.Select(letter => letter is '\\' or '"' or '$' or '`' ? $"\\{letter}" : $"{letter}"))),
    ];

    [Test]
    public void A_secret_leaves_nothing_but_its_mark_in_any_form_and_any_pieces()
    {
        var random = Seed.Begin(out var seed);
        for (var round = 0; round < Rounds; round++)
        {
            var secret = RandomSecret(random);
            var others = Enumerable.Range(0, random.Next(3)).Select(_ => RandomSecret(random));
            var masker = new SecretMasker([.. others, secret]);
            var (name, write) = Writers[random.Next(Writers.Length)];
            var form = write(secret);

            // Nothing around it can be part of a form.
            var masked = Feed(masker, $"<<\n{form}\n>>", random);

            Assert.That(masked, Is.EqualTo("<<\n***\n>>"), () => $"seed {seed}, round {round}: {name} of '{secret}'");
        }
    }

    // No program writes like that, but each has its own opinion of what to escape, and how.
    [Test]
    public void A_secret_leaves_nothing_but_its_mark_whichever_of_its_characters_are_escaped_and_whatever_stands_between_them()
    {
        var random = Seed.Begin(out var seed);
        for (var round = 0; round < Rounds; round++)
        {
            var secret = RandomSecret(random);
            var space = random.Next(2) == 0 ? "+" : " ";
            Func<Rune, string> write = random.Next(5) switch
            {
                0 => rune => rune.ToString(),
                1 => rune => rune.Value is ' ' ? space : rune.Value is '%' || random.Next(2) == 0 ? Percent(random, rune) : rune.ToString(),
                2 => rune => rune.Value is '"' or '\\' || random.Next(2) == 0 ? Backslash(random, rune) : rune.ToString(),
                3 => Ascii,
                _ => rune => rune.IsAscii && !Rune.IsLetterOrDigit(rune) ? $"\\{rune}" : rune.ToString(),
            };
            var form = string.Join("", secret.EnumerateRunes().Select((rune, index) => (index > 0 ? Unseen(random) : "") + write(rune)));

            var masked = Feed(new SecretMasker([secret]), $"<<\n{form}\n>>", random);

            Assert.That(masked, Is.EqualTo("<<\n***\n>>"), () => $"seed {seed}, round {round}: '{form}' of '{secret}'");
        }
    }

    // Where a chunk ends with a line that ends with a few characters of a secret, the line is not held back.
    [Test]
    public void A_wrapped_secret_leaves_fewer_characters_than_a_beginning_by_chance_has()
    {
        var random = Seed.Begin(out var seed);
        for (var round = 0; round < Rounds; round++)
        {
            var secret = RandomSecret(random);
            var form = random.Next(2) == 0 ? secret : Convert.ToBase64String(Encoding.UTF8.GetBytes(secret));
            var ends = random.Next(3) switch { 0 => "\n", 1 => "\r\n", _ => "\n\t  " };
            var wrapped = string.Join(ends, form.EnumerateRunes().Chunk(random.Next(16, 80)).Select(line => string.Concat(line)));
            wrapped = string.Concat(wrapped.Select(letter => letter is ' ' && random.Next(2) == 0 ? ends : $"{letter}"));

            var whole = new SecretMasker([secret]).Mask($"<<{wrapped}>>");
            var masked = Feed(new SecretMasker([secret]), $"<<{wrapped}>>", random);

            Assert.That(whole, Is.EqualTo("<<***>>"), () => $"seed {seed}, round {round}: '{wrapped}' of '{secret}'");
            Assert.That(masked, Does.Match(@"^<<((\S\s*){1,15}\s+)?\*\*\*>>$"), () => $"seed {seed}, round {round}: '{wrapped}' of '{secret}'");
        }
    }

    [Test]
    public void A_secret_within_base64_leaves_only_what_stands_around_it()
    {
        var random = Seed.Begin(out var seed);
        for (var round = 0; round < Rounds; round++)
        {
            var secret = RandomSecret(random);
            var before = random.Next(7);
            var behind = random.Next(7);
            var bytes = Encoding.UTF8.GetBytes(secret);
            byte[] around = [.. RandomBytes(random, before), .. bytes, .. RandomBytes(random, behind)];
            var text = Convert.ToBase64String(around);
            if (random.Next(2) == 0)
                text = text.Replace('+', '-').Replace('/', '_');

            var masked = Feed(new SecretMasker([secret]), $"<{text}>", random);

            // A character that hangs on a neighbour's bits too tells at most four bits of the secret.
            var first = (before * 8 + 5) / 6;
            var last = ((before + bytes.Length) * 8) / 6;
            Assert.That(
                masked,
                Does.Match($"^<.{{0,{first}}}\\*\\*\\*.{{0,{text.Length - last}}}>$"),
                () => $"seed {seed}, round {round}: {Base64} of '{secret}' with {before} bytes before and {behind} behind: {text}");
        }
    }

    [Test]
    public void Text_without_a_secret_passes_as_it_is()
    {
        var random = Seed.Begin(out var seed);
        for (var round = 0; round < Rounds; round++)
        {
            // Beginnings and ends of secrets, so that much is held back and let go.
            var secret = RandomSecret(random);
            var runes = secret.EnumerateRunes().Select(rune => rune.ToString()).ToList();
            var text = string.Concat(Enumerable.Range(0, random.Next(1, 12)).Select(_ => string.Concat(runes.Take(random.Next(runes.Count))) + "\u00A4")) + "#";

            var masked = Feed(new SecretMasker([secret]), text, random);

            Assert.That(masked, Is.EqualTo(text), () => $"seed {seed}, round {round}: '{secret}'");
        }
    }

    private static string Percent(Random random, Rune rune) =>
        string.Concat(Encoding.UTF8.GetBytes(rune.ToString()).Select(b => random.Next(2) == 0 ? $"%{b:X2}" : $"%{b:x2}"));

    private static string Backslash(Random random, Rune rune) => random.Next(4) switch
    {
        0 => string.Concat(Encoding.UTF8.GetBytes(rune.ToString()).Select(b => $"\\x{b:x2}")),
        1 => string.Concat(Encoding.UTF8.GetBytes(rune.ToString()).Select(b => "\\" + Convert.ToString(b, 8).PadLeft(3, '0'))),
        2 when rune.IsAscii && !Rune.IsLetterOrDigit(rune) => $"\\{rune}",
        _ => string.Concat(rune.ToString().Select(unit => random.Next(2) == 0 ? $"\\u{(int)unit:x4}" : $"\\u{(int)unit:X4}")),
    };

    // Python's stderr, and its repr of what cannot be printed.
    private static string Ascii(Rune rune) => rune.Value switch
    {
        '\\' => "\\\\",
        < 0x80 => rune.ToString(),
        <= 0xFF => $"\\x{rune.Value:x2}",
        <= 0xFFFF => $"\\u{rune.Value:x4}",
        _ => $"\\U{rune.Value:x8}",
    };

    private static string Unseen(Random random) => random.Next(14) switch
    {
        0 => "\0",
        1 => "\u001b[31m",
        2 => "\u001b[0m\u001b[K",
        3 => "\u001b(B",
        4 => "\u202e",
        5 => "\u0085",
        6 => "\u200d",
        7 => "\ufeff",
        _ => "",
    };

    // Texts of a password generator, of few letters that overlap themselves, and of any characters.
    private static string RandomSecret(Random random)
    {
        var alphabet = random.Next(3) switch { 0 => "ab", 1 => "abcXYZ019+/=-_.~", _ => "aZ0 !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~äß€漢😀" };
        while (true)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(6, 40)).Select(_ => alphabet.EnumerateRunes().ElementAt(random.Next(alphabet.EnumerateRunes().Count())).ToString()));
            if (text.Trim().Length == text.Length && text.Count(letter => letter != ' ') >= SecretMasker.MinLength)
                return text;
        }
    }

    private static byte[] RandomBytes(Random random, int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }

    private static string Feed(SecretMasker masker, string text, Random random)
    {
        var window = masker.OpenWindow();
        var bytes = Encoding.UTF8.GetBytes(text);
        using var output = new MemoryStream();
        for (var at = 0; at < bytes.Length;)
        {
            var length = Math.Min(random.Next(1, random.Next(2, 40)), bytes.Length - at);
            output.Write(window.Mask(bytes.AsSpan(at, length)));
            at += length;
        }

        output.Write(window.Finish());
        return Encoding.UTF8.GetString(output.ToArray());
    }
}
