using System.Net;
using System.Text;
using System.Text.Json;
using DelphiRunner.Engine.Security.Masking;

namespace DelphiRunner.Engine.Tests.Security.Masking;

[TestFixture]
public sealed class SecretMaskerTests
{
    private const string Awkward = "p@ss w/rd+\"ü'\\<&>$`";

    private static IEnumerable<TestCaseData> Forms()
    {
        yield return Case("plain", Awkward);
        yield return Case("base64", Convert.ToBase64String(Encoding.UTF8.GetBytes(Awkward)));
        yield return Case("URL, RFC 3986", Uri.EscapeDataString(Awkward));
        yield return Case("URL, lower case", Uri.EscapeDataString(Awkward).Replace("%2F", "%2f", StringComparison.Ordinal).Replace("%2B", "%2b", StringComparison.Ordinal)
            .Replace("%C3%BC", "%c3%bc", StringComparison.Ordinal).Replace("%5C", "%5c", StringComparison.Ordinal).Replace("%3C", "%3c", StringComparison.Ordinal)
            .Replace("%3E", "%3e", StringComparison.Ordinal));
        yield return Case("URL, form", WebUtility.UrlEncode(Awkward));
        yield return Case("URL, JavaScript", "p%40ss%20w%2Frd%2B%22%C3%BC'%5C%3C%26%3E%24%60");
        yield return Case("URL, Python", "p%40ss%20w/rd%2B%22%C3%BC%27%5C%3C%26%3E%24%60");
        yield return Case("JSON, .NET", JsonSerializer.Serialize(Awkward).Trim('"'));
        yield return Case("JSON, JavaScript", "p@ss w/rd+\\\"ü'\\\\<&>$`");
        yield return Case("JSON, Python", "p@ss w/rd+\\\"\\u00fc'\\\\<&>$`");
        yield return Case("JSON, PHP", "p@ss w\\/rd+\\\"\\u00fc'\\\\<&>$`");
        yield return Case("JSON, Go", "p@ss w/rd+\\\"ü'\\\\\\u003c\\u0026\\u003e$`");
        yield return Case("URL, path in Go", "p@ss%20w%2Frd+%22%C3%BC%27%5C%3C&%3E$%60");
        yield return Case("URL, password in SQLAlchemy", "p%40ss w%2Frd+%22%C3%BC%27%5C%3C%26%3E%24%60");
        yield return Case("Python, bytes", "p@ss w/rd+\"\\xc3\\xbc\\'\\\\<&>$`");
        yield return Case("Python, ascii()", "p@ss w/rd+\"\\xfc\\'\\\\<&>$`");
        yield return Case("shell, printf %q", "p@ss\\ w/rd+\\\"ü\\'\\\\\\<\\&\\>\\$\\`");
        yield return Case("shell, printf %q in the C locale", "p@ss w/rd+\"\\303\\274\\'\\\\<&>$`");
        yield return Case("coloured", "p@ss\u001b[01;31m\u001b[K w/\u001b[mrd+\"ü'\\<&>$`");
        yield return Case("UTF-16", string.Join('\0', "p@ss w/rd+\"ü'\\<&>$`".AsEnumerable()));
        yield return Case("shell, single quotes", "p@ss w/rd+\"ü'\\''\\<&>$`");
        yield return Case("shell, double quotes", "p@ss w/rd+\\\"ü'\\\\<&>\\$\\`");

        static TestCaseData Case(string name, string form) => new TestCaseData(form).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Forms))]
    public void A_secret_is_masked_in_each_form(string form)
    {
        var masker = new SecretMasker([Awkward]);

        var masked = masker.Mask($"before <{form}> behind");

        Assert.That(masked, Is.EqualTo("before <***> behind"));
    }

    [Test]
    public void A_secret_within_base64_is_masked_at_each_alignment([Range(0, 8)] int before, [Range(0, 3)] int behind)
    {
        const string Secret = "the-secret/value?~~";
        var masker = new SecretMasker([Secret]);
        var text = Convert.ToBase64String(Encoding.UTF8.GetBytes(new string('a', before) + Secret + new string('z', behind)));

        var masked = masker.Mask(text);

        Assert.That(masked, Does.Contain("***"));
        Assert.That(masked, Has.Length.LessThanOrEqualTo(3 + (4 * ((before + 2) / 3)) + (4 * ((behind + 2) / 3)) + 6));
        Assert.That(masker.Mask(text.Replace('+', '-').Replace('/', '_')), Does.Contain("***"));
    }

    [Test]
    public void Each_line_of_a_secret_is_one()
    {
        var masker = new SecretMasker(["-----BEGIN-----\nabcdefgh\r\nxyz\n"]);

        Assert.That(masker.Mask("key: abcdefgh."), Is.EqualTo("key: ***."));
        Assert.That(masker.Mask("xyz stays, being too short"), Is.EqualTo("xyz stays, being too short"));
        Assert.That(masker.Mask("-----BEGIN-----\nabcdefgh\r\nxyz\n."), Is.EqualTo("***\n."));
    }

    [Test]
    public void Wrapped_base64_is_masked_from_its_first_line_to_its_last([Values(64, 76)] int width, [Values("\n", "\r\n", "\n    ", "\\n")] string lineEnd)
    {
        var secret = string.Concat(Enumerable.Range(0, 30).Select(number => $"{number:x4}"));
        var text = string.Join(lineEnd, Convert.ToBase64String(Encoding.UTF8.GetBytes($"KEY={secret}&END")).Chunk(width).Select(line => new string(line)));

        var masked = new SecretMasker([secret]).Mask(text);

        Assert.That(masked, Is.EqualTo("S0VZPT***CZFTkQ="));
    }

    // Of an emoji Python writes eight digits; what stands for one of its bytes elsewhere is a character there.
    [TestCase("pä\u00e9\U0001f600-key", "p\\xe4\\xe9\\U0001f600-key", TestName = "Python, ascii()")]
    [TestCase("pä\u20ac\U0001f600-key", "p\\xc3\\xa4\\xe2\\x82\\xac\\xf0\\x9f\\x98\\x80-key", TestName = "Python, bytes")]
    [TestCase("a-key-\u00e2", "a-key-\\xe2", TestName = "Python, ascii(), the first byte of a longer character")]
    [TestCase("family-\U0001f468\u200d\U0001f469", "family-%F0%9F%91%A8%E2%80%8D%F0%9F%91%A9", TestName = "URL, with a joiner")]
    [TestCase("family-\U0001f468\u200d\U0001f469", "family-\U0001f468\u200d\U0001f469", TestName = "plain, with a joiner")]
    public void A_secret_beyond_ascii_is_masked(string secret, string form) =>
        Assert.That(new SecretMasker([secret]).Mask($"<{form}>"), Is.EqualTo("<***>"));

    [Test]
    public void A_character_without_a_width_hides_no_secret([Values('\u200b', '\u200c', '\u200d', '\u2060', '\ufeff', '\u00ad')] char unseen)
    {
        var masker = new SecretMasker(["secret-value"]);

        Assert.That(masker.Mask($"a{unseen}b <secret{unseen}{unseen}-value>"), Is.EqualTo($"a{unseen}b <***>"));
    }

    [TestCase("correct horse\nbattery-staple", TestName = "textwrap in Python")]
    [TestCase("correct horse battery-\r\nstaple", TestName = "textwrap at a hyphen")]
    [TestCase("correct\n    horse\n    battery-staple", TestName = "a folded scalar of YAML")]
    [TestCase("correct\\\n  \\ horse battery-staple", TestName = "a quoted scalar of YAML")]
    [TestCase("correct\\nhorse battery-staple", TestName = "wrapped, within JSON")]
    [TestCase("correct horse  battery-\nstaple", TestName = "justified")]
    public void A_secret_that_is_wrapped_at_its_spaces_is_masked(string wrapped)
    {
        var masker = new SecretMasker([" correct horse battery-staple"]);

        Assert.That(masker.Mask($"key: {wrapped}."), Is.EqualTo("key: ***."));
    }

    [Test]
    public void Spaces_do_not_make_a_secret_long_enough()
    {
        var masker = new SecretMasker(["a b c d", "e f g h i j"]);

        Assert.That(masker.Mask("a b c d, abcd, e f g h i j, efghij"), Is.EqualTo("a b c d, abcd, ***, ***"));
    }

    [Test]
    public void A_plus_is_a_space_only_of_a_secret_that_has_one()
    {
        var masker = new SecretMasker(["+plus key+"]);

        Assert.That(masker.Mask("<+plus key+> <%2Bplus+key%2B> <plus key>"), Is.EqualTo("<***> <***> <plus key>"));
    }

    [Test]
    public void What_is_too_short_or_no_secret_is_left_alone()
    {
        var masker = new SecretMasker(["12345", "", "123456"]);

        Assert.That(masker.Mask("12345 x 123456"), Is.EqualTo("12345 x ***"));
        Assert.That(SecretMasker.None.Mask("anything"), Is.EqualTo("anything"));
    }

    [Test]
    public void Overlapping_secrets_are_masked_to_the_end_of_the_last()
    {
        var masker = new SecretMasker(["abcdefgh", "efghijkl"]);

        Assert.That(masker.Mask("x abcdefghijkl y abcdefgh efghijkl"), Is.EqualTo("x *** y *** ***"));
    }

    [Test]
    public void A_masker_does_not_show_what_it_masks()
    {
        var masker = new SecretMasker([Awkward]);

        Assert.That($"{masker}", Does.Not.Contain("ss w"));
        Assert.That(JsonSerializer.Serialize(masker), Does.Not.Contain("ss w"));
    }
}
