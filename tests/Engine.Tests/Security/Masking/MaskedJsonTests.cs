using DelphiRunner.Engine.Security.Masking;

namespace DelphiRunner.Engine.Tests.Security.Masking;

[TestFixture]
public sealed class MaskedJsonTests
{
    private static readonly SecretMasker Masker = new(["se\"cret/1", "1234567"]);

    [TestCase("""{"a":"x se\"cret\/1 y","b":[true,null,1.50,"ok"]}""", """{"a":"x *** y","b":[true,null,1.50,"ok"]}""")]
    [TestCase("""{"se\"cret/1":{"deep":"c2UiY3JldC8x"}}""", """{"***":{"deep":"***"}}""")]
    [TestCase("""{"pin":1234567,"next":-12345678e3}""", """{"pin":"***","next":"-***8e3"}""")]
    [TestCase("""{"\ud800":"\ud800 \u00fc","pin":1234567}""", """{"\\ud800":"\\ud800 \\u00fc","pin":"***"}""")]
    [TestCase("""{"log":"{\"pw\":\"se\\\"cret/1\"}"}""", """{"log":"{\"pw\":\"***\"}"}""")]
    [TestCase("""{"log":"se\"c\u001b[0mret/1"}""", """{"log":"***"}""")]
    [TestCase("""{"a 1234567":1,"b":{"a 1234567":2},"1234567":3}""", """{"a ***":1,"b":{"a *** (2)":2},"*** (3)":3}""")]
    public void Json_stays_json(string json, string masked) => Assert.That(MaskedJson.Of(json, Masker), Is.EqualTo(masked));

    [Test]
    public void Without_a_secret_it_is_the_same_to_the_byte()
    {
        const string Json = "{ \"a\" : 1.0e5,\n \"ü\": \"\\u00fc\" }";

        Assert.That(MaskedJson.Of(Json, Masker), Is.SameAs(Json));
    }

    [Test]
    public void A_secret_over_several_texts_leaves_one_text()
    {
        var masker = new SecretMasker(["""{"user":"svc","password":"p4ssw0rd"}"""]);

        Assert.That(MaskedJson.Of("""{"db":{"user":"svc","password":"p4ssw0rd"},"rows":3}""", masker), Is.EqualTo("""{"masked":"{\u0022db\u0022:***,\u0022rows\u0022:3}"}"""));
    }

    [TestCase("")]
    [TestCase(" \n")]
    public void An_empty_text_stays_one(string text) => Assert.That(MaskedJson.Of(text, Masker), Is.SameAs(text));

    [Test]
    public void What_is_no_json_is_masked_as_a_text() => Assert.That(MaskedJson.Of("{\"a\": 1234567", Masker), Is.EqualTo("{\"a\": ***"));
}
