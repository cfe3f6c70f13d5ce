using DelphiRunner.Engine.Security.Masking;

namespace DelphiRunner.Engine.Tests.Security.Masking;

[TestFixture]
public sealed class MaskedJsonTests
{
    private static readonly SecretMasker Masker = new(["se\"cret/1", "1234567"]);

    [TestCase("""{"a":"x se\"cret\/1 y","b":[true,null,1.50,"ok"]}""", """{"a":"x *** y","b":[true,null,1.50,"ok"]}""")]
    [TestCase("""{"se\"cret/1":{"deep":"c2UiY3JldC8x"}}""", """{"***":{"deep":"***"}}""")]
    [TestCase("""{"pin":1234567,"next":-12345678e3}""", """{"pin":"***","next":"-***8e3"}""")]
    public void Json_stays_json(string json, string masked) => Assert.That(MaskedJson.Of(json, Masker), Is.EqualTo(masked));

    [Test]
    public void Without_a_secret_it_is_the_same_to_the_byte()
    {
        const string Json = "{ \"a\" : 1.0e5,\n \"ü\": \"\\u00fc\" }";

        Assert.That(MaskedJson.Of(Json, Masker), Is.SameAs(Json));
    }

    [Test]
    public void What_is_no_json_is_masked_as_a_text() => Assert.That(MaskedJson.Of("{\"a\": 1234567", Masker), Is.EqualTo("{\"a\": ***"));
}
