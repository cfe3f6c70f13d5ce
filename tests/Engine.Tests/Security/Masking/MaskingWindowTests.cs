using System.Text;
using DelphiRunner.Engine.Security.Masking;

namespace DelphiRunner.Engine.Tests.Security.Masking;

[TestFixture]
public sealed class MaskingWindowTests
{
    [Test]
    public void Ordinary_text_passes_at_once()
    {
        var window = new SecretMasker(["secret-value"]).OpenWindow();

        Assert.That(Text(window.Mask("progress 10 %\n"u8)), Is.EqualTo("progress 10 %\n"));
        Assert.That(Text(window.Mask("a sec"u8)), Is.EqualTo("a "), "only what may begin a secret waits");
        Assert.That(Text(window.Mask("ond\n"u8)), Is.EqualTo("second\n"));
        Assert.That(Text(window.Finish()), Is.Empty);
    }

    [Test]
    public void A_secret_byte_by_byte_is_masked()
    {
        var window = new SecretMasker(["secret-value"]).OpenWindow();

        Assert.That(Feed(window, "a secret-value z secret-value", _ => 1), Is.EqualTo("a *** z ***"));
    }

    [Test]
    public void A_short_secret_that_begins_a_longer_one_does_not_uncover_its_end()
    {
        var window = new SecretMasker(["secret", "secret-longer"]).OpenWindow();

        Assert.That(Feed(window, "secret-longer secret secret-lo!", _ => 3), Is.EqualTo("*** *** ***-lo!"));
    }

    [Test]
    public void The_beginning_of_a_secret_that_the_end_cuts_off_is_masked_from_the_shortest_length_on()
    {
        var masker = new SecretMasker(["secret-value"]);

        Assert.That(Feed(masker.OpenWindow(), "x secret-valu", _ => 4), Is.EqualTo("x ***"));
        Assert.That(Feed(masker.OpenWindow(), "x secre", _ => 4), Is.EqualTo("x secre"));
    }

    [Test]
    public void A_line_is_not_late_for_a_secret_that_may_begin_at_its_end_by_chance()
    {
        var window = new SecretMasker(["secret-value"]).OpenWindow();

        Assert.That(Text(window.Mask("this is\n"u8)), Is.EqualTo("this is\n"));
        Assert.That(Text(window.Mask("another sec\r\n"u8)), Is.EqualTo("another sec\r\n"));
        Assert.That(Text(window.Mask("ret-value\n"u8)), Is.EqualTo("***\n"), "what goes on with the secret is masked nevertheless");
        Assert.That(Text(window.Mask("no secret-\n"u8)), Is.EqualTo("no "), "this is no chance");
        Assert.That(Text(window.Mask("value\n"u8)), Is.EqualTo("***\n"));
        Assert.That(Text(window.Mask("sec\n"u8)), Is.EqualTo("sec\n"));
        Assert.That(Text(window.Finish()), Is.Empty);
    }

    [Test]
    public void A_secret_within_another_is_held_back_by_its_own_length()
    {
        var window = new SecretMasker(["alice:correct-horse-42@db.internal.example", "correct-horse-42"]).OpenWindow();

        Assert.That(Feed(window, "alice:correct-h\norse-42@db.internal.example\n", _ => 16), Is.EqualTo("alice:***\n").Or.EqualTo("***\n"));
    }

    [Test]
    public void What_is_held_back_grows_with_the_secret_and_not_with_what_stands_between_its_characters()
    {
        var secret = string.Concat(Enumerable.Range(0, 10_000).Select(number => $"{number:x4}"));
        var window = new SecretMasker([secret]).OpenWindow();

        var (taken, passed) = (0L, 0L);
        for (var at = 0; at + 200 < secret.Length; at += 200)
        {
            var text = Encoding.UTF8.GetBytes(string.Concat(secret.Substring(at, 200).Select(letter => letter + new string('\0', 200))));
            taken += text.Length;
            passed += window.Mask(text).Length;
        }

        Assert.That(taken - passed, Is.LessThan(1024 * 1024));
    }

    [Test]
    public void An_escape_over_the_border_of_chunks_is_undone()
    {
        var window = new SecretMasker(["p\"ss-w/rd"]).OpenWindow();

        Assert.That(Feed(window, "100% {\"a\":\"p\\u0022ss-w\\/rd\"} p%22ss%2dw%2Frd \\", _ => 1), Is.EqualTo("100% {\"a\":\"***\"} *** \\"));
    }

    // Whoever prints the beginning of a secret and then what is left out for ever must not fill the host's memory.
    [TestCase("\0")]
    [TestCase("\n")]
    [TestCase("\u001b[0m")]
    [TestCase("\n      ")]
    [TestCase("\u001b[1;1;1;1")]
    public void Little_is_held_back_whatever_follows_the_beginning_of_a_secret(string endless)
    {
        var window = new SecretMasker(["secret-value"]).OpenWindow();
        var chunk = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(endless, 1000)));

        var passed = window.Mask("secret-val"u8).Length;
        for (var round = 0; round < 20; round++)
            passed += window.Mask(chunk).Length;

        Assert.That(passed, Is.GreaterThan(20 * chunk.Length - 1000));
    }

    // Few different characters make secrets overlap with each other, with themselves, and with the borders.
    [Test]
    public void No_secret_passes_whatever_the_chunks_are([Values("ab", "güh%/")] string alphabet)
    {
        var random = Seed.Begin(out var seed);
        for (var round = 0; round < 3000; round++)
        {
            var secrets = Enumerable.Range(0, random.Next(1, 4)).Select(_ => RandomText(random, alphabet, random.Next(6, 14))).ToList();
            var masker = new SecretMasker(secrets);
            var forms = secrets.SelectMany(SecretForms.Of).Select(Encoding.Latin1.GetString).Distinct().ToList();
            var text = string.Concat(Enumerable.Range(0, random.Next(1, 12)).Select(_ => random.Next(3) switch
            {
                0 => Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(forms[random.Next(forms.Count)])),
                1 => secrets[random.Next(secrets.Count)][..random.Next(6)],
                _ => RandomText(random, alphabet + "xyz ", random.Next(0, 20)),
            })) + "#";

            var masked = Feed(masker.OpenWindow(), text, left => random.Next(1, Math.Min(left, random.Next(1, 30)) + 1));

            Assert.That(masked, Is.EqualTo(MaskSimply(text, forms)), () => $"seed {seed}, round {round}: '{text}' with {string.Join(" | ", secrets)}");
        }
    }

    private static string RandomText(Random random, string alphabet, int length) =>
        string.Concat(Enumerable.Range(0, length).Select(_ => alphabet[random.Next(alphabet.Length)]));

    private static string Feed(MaskingWindow window, string text, Func<int, int> nextLength)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        using var output = new MemoryStream();
        for (var at = 0; at < bytes.Length;)
        {
            var length = Math.Min(nextLength(bytes.Length - at), bytes.Length - at);
            output.Write(window.Mask(bytes.AsSpan(at, length)));
            at += length;
        }

        output.Write(window.Finish());
        return Encoding.UTF8.GetString(output.ToArray());
    }

    // What masking means, without windows: every byte under a form is covered, and what overlaps is one mark.
    private static string MaskSimply(string text, List<string> forms)
    {
        var bytes = Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));
        var result = new StringBuilder();
        var covered = 0;
        for (var at = 0; at < bytes.Length; at++)
        {
            var length = forms.Where(form => string.CompareOrdinal(bytes, at, form, 0, form.Length) == 0).Select(form => form.Length).DefaultIfEmpty().Max();
            if (length > 0 && at >= covered)
                result.Append("***");
            covered = Math.Max(covered, at + length);
            if (at >= covered)
                result.Append(bytes[at]);
        }

        return Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(result.ToString()));
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);
}
