using System.Text.Json;
using DelphiRunner.Engine.Stores;
using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Engine.Tests.Stores.Rows;

[TestFixture]
internal sealed class RowJsonTests
{
    [TestCaseSource(typeof(Jobs), nameof(Jobs.Fixtures))]
    public void A_real_row_is_written_as_it_was_read_but_for_white_space(string fixture)
    {
        var file = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Fixtures", "delphi-jobs", fixture + ".json"));

        var written = RowJson.Write(RowJson.Parse(file));

        using var expected = JsonDocument.Parse(file);
        using var actual = JsonDocument.Parse(written);
        Assert.That(JsonElement.DeepEquals(actual.RootElement, expected.RootElement));
        Assert.That(
            actual.RootElement.EnumerateObject().Select(attribute => attribute.Name),
            Is.EqualTo(expected.RootElement.EnumerateObject().Select(attribute => attribute.Name)));
        Assert.That(RowJson.Write(RowJson.Parse(written)), Is.EqualTo(written));
    }

    [Test]
    public void Escapes_numbers_and_nested_values_keep_their_own_text()
    {
        const string Json =
            """{"job_id":{"S":"j"},"half \udc00":{"S":"\ud83d and \u0000"},"n":{"N":"1.500E+2"},"m":{"M":{"b":{"NS":["1","2.0"]},"a":{"L":[{"NULL":true},{"S":"\ud83d"}]}}},"b":{"B":"aGk="}}""";

        var row = RowJson.Parse(Json);

        Assert.That(row.Raw("half \udc00"), Is.EqualTo(RowValue.OfText("\ud83d and \0")));
        Assert.That(row.Raw("n"), Is.EqualTo(new RowValue(RowValueKind.N, "1.500E+2")));
        Assert.That(row.Raw("m")?.Text, Is.EqualTo("""{"b":{"NS":["1","2.0"]},"a":{"L":[{"NULL":true},{"S":"\ud83d"}]}}"""));
        Assert.That(RowJson.Write(row), Is.EqualTo(Json));
    }

    [Test]
    public void A_row_inside_an_item_is_read_and_so_is_a_row_with_an_attribute_of_that_name()
    {
        var wrapped = RowJson.Parse("""{"ConsumedCapacity":{"TableName":"t"},"Item":{"job_id":{"S":"j"}}}""");
        var plain = RowJson.Parse("""{"Item":{"M":{}},"job_id":{"S":"j"}}""");

        Assert.That(wrapped.Attributes, Is.EquivalentTo(new Dictionary<string, RowValue> { ["job_id"] = RowValue.OfText("j") }));
        Assert.That(plain.Raw("Item"), Is.EqualTo(new RowValue(RowValueKind.M, "{}")));
    }

    [TestCase("", "line 1, column 1", "not JSON")]
    [TestCase("{\n  \"job_id\": {\"S\": nonsense}}", "line 2", "not JSON")]
    [TestCase("{\"job_id\":{\"S\":\"j\"}} {}", "column 22", "not JSON")]
    [TestCase("[]", "column 1", "a row is a JSON object, not an array")]
    [TestCase("{\"Items\":[]}", "column 1", "a list of rows")]
    [TestCase("{}", "'job_id'", "Every row needs its key")]
    [TestCase("{\"job_id\":{\"N\":\"1\"}}", "'job_id'", "one that is no text")]
    [TestCase("{\"job_id\":{\"S\":\"\"}}", "'job_id'", "Every row needs its key")]
    [TestCase("{\"job_id\":\"j\"}", "'job_id' is a text", "one type tag")]
    [TestCase("{\"job_id\":{}}", "column 12", "has no type tag")]
    [TestCase("{\"job_id\":{\"S\":\"j\",\"N\":\"1\"}}", "second type tag 'N'", "exactly one")]
    [TestCase("{\"job_id\":{\"T\":\"j\"}}", "unknown type tag 'T'", "S, N, BOOL")]
    [TestCase("{\"job_id\":{\"S\":\"j\"},\n\"version\":{\"N\":1}}", "line 2, column 16", "a number, not a text")]
    [TestCase("{\"job_id\":{\"S\":\"j\"},\"version\":{\"N\":\"one\"}}", "'version'", "'one', which is no number")]
    [TestCase("{\"job_id\":{\"S\":\"j\"},\"ok\":{\"BOOL\":\"true\"}}", "'ok'", "without quotes")]
    [TestCase("{\"job_id\":{\"S\":\"j\"},\"m\":{\"M\":{\"a\":{\"L\":[{\"X\":1}]}}}}", "'m.a[]'", "unknown type tag 'X'")]
    [TestCase("{\"job_id\":{\"S\":\"j\"},\"m\":{\"M\":[]}}", "'m'", "not an object")]
    [TestCase("{\"job_id\":{\"S\":\"j\"},\"s\":{\"SS\":{}}}", "'s'", "not an array")]
    [TestCase("{\"job_id\":{\"S\":\"j\"},\"b\":{\"B\":\"?\"}}", "'b'", "base64")]
    [TestCase("{\"job_id\":{\"S\":\"j\"},\"job_id\":{\"S\":\"k\"}}", "'job_id'", "twice")]
    [TestCase("{\"job_id\":{\"S\":\"j\"", "column", "not JSON")]
    public void What_is_no_row_is_refused_with_the_place_and_the_reason(string json, string where, string what)
    {
        Assert.That(() => RowJson.Parse(json), Throws.TypeOf<InvalidRowException>().With.Message.Contains(where).And.Message.Contains(what));
    }

    [Test]
    public void Half_a_surrogate_pair_that_is_no_escape_is_refused()
    {
        Assert.That(
            () => RowJson.Parse("{\"job_id\":{\"S\":\"\ud83d\"}}"), Throws.TypeOf<InvalidRowException>().With.Message.Contains("character 16"));
    }

    [TestCase("""{"S":"a\"b"}""", "\"a\\\"b\"")]
    [TestCase("""{"N":"1.50"}""", "1.50")]
    [TestCase("""{"N":"+5"}""", "5")]
    [TestCase("""{"N":".5"}""", "0.5")]
    [TestCase("""{"N":"007"}""", "7")]
    [TestCase("""{"BOOL":false}""", "false")]
    [TestCase("""{"NULL":true}""", "null")]
    [TestCase("""{"M":{"S":{"S":"x"},"L":{"L":[{"N":"1"},{"M":{}},{"L":[]},{"NULL":true}]}}}""", """{"S":"x","L":[1,{},[],null]}""")]
    [TestCase("""{"SS":["a","b"]}""", """["a","b"]""")]
    [TestCase("""{"NS":["1","2.50"]}""", "[1,2.50]")]
    [TestCase("""{"B":"aGk="}""", "\"aGk=\"")]
    [TestCase("""{"L":[{"B":"aGk="},{"BS":["aA=="]},{"SS":["x"]},{"NS":["3"]}]}""", """["aGk=",["aA=="],["x"],[3]]""")]
    public void A_value_is_shown_as_the_json_that_it_stands_for(string tagged, string plain)
    {
        var value = RowJson.Parse($$"""{"job_id":{"S":"j"},"v":{{tagged}}}""").Raw("v")!.Value;

        Assert.That(RowJson.ToPlainJson(value), Is.EqualTo(plain));
    }

    [Test]
    public void A_row_is_shown_with_its_json_texts_parsed_where_they_are_json()
    {
        var row = Jobs.Pending(
            "job",
            ("job_config", Jobs.S("{ \"a\" : [1, 2.0] }")), ("logs", Jobs.S("not json")), ("job_results", Jobs.S("")), ("report_id", Jobs.S("{}")));

        var json = RowJson.ToPlainJson(row, parseTexts: true);

        Assert.That(json, Does.StartWith("{\"job_id\":\"job\",").And.Contain("\"version\":1,"));
        Assert.That(json, Does.Contain("\"job_config\":{\"a\":[1,2.0]}").And.Contain("\"logs\":\"not json\"").And.Contain("\"job_results\":\"\""));
        Assert.That(json, Does.Contain("\"report_id\":\"{}\""));
        Assert.That(RowJson.ToPlainJson(row, parseTexts: false), Does.Contain("\"job_config\":\"{ \\\"a\\\" : [1, 2.0] }\""));
    }

    [TestCaseSource(typeof(Jobs), nameof(Jobs.Fixtures))]
    public void A_real_row_is_shown_as_valid_json(string fixture)
    {
        using var json = JsonDocument.Parse(RowJson.ToPlainJson(Jobs.Fixture(fixture), parseTexts: true));

        Assert.That(json.RootElement.EnumerateObject().Count(), Is.EqualTo(Jobs.Fixture(fixture).Attributes.Count));
    }

    [TestCase("""{"a":[1.50,true,null,"x"]}""", """{"a":{"L":[{"N":"1.50"},{"BOOL":true},{"NULL":true},{"S":"x"}]}}""", RowValueKind.M)]
    [TestCase(" [ ] ", "[]", RowValueKind.L)]
    [TestCase("12.0", "12.0", RowValueKind.N)]
    [TestCase("\"a\\u00e9\"", "a\u00e9", RowValueKind.S)]
    public void Plain_json_becomes_a_value(string plain, string text, RowValueKind kind)
    {
        Assert.That(RowJson.FromPlainJson(plain), Is.EqualTo(new RowValue(kind, text)));
    }

    [TestCase("")]
    [TestCase("{\"a\":}")]
    [TestCase("{} {}")]
    public void What_is_no_json_is_refused(string plain)
    {
        Assert.That(() => RowJson.FromPlainJson(plain), Throws.TypeOf<InvalidRowException>().With.Message.Contains("not JSON"));
    }
}
