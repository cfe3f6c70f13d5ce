using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Engine.Tests.Stores.Rows;

public sealed class RowComparisonTests
{
    [TestCase("""{"N":"1.50"}""", """{"N":"1.5"}""")]
    [TestCase("""{"N":"-0"}""", """{"N":"0.00"}""")]
    [TestCase("""{"N":"12e3"}""", """{"N":"12000"}""")]
    [TestCase("""{"SS":["a","b"]}""", """{"SS":["b","a"]}""")]
    [TestCase("""{"NS":["1.0","2"]}""", """{"NS":["2.0","1"]}""")]
    [TestCase("""{"M":{"a":{"N":"1"},"b":{"S":"x"}}}""", """{"M":{"b":{"S":"x"},"a":{"N":"1.0"}}}""")]
    [TestCase("""{"L":[{"M":{}},{"NULL":true}]}""", """{"L":[{"M":{}},{"NULL":true}]}""")]
    [TestCase("""{"M":{"a":{"S":"é"}}}""", """{"M":{"a":{"S":"\u00e9"}}}""")]
    public void Values_that_mean_the_same_are_equal(string left, string right) =>
        Assert.That(RowComparison.Differences(Row(left), Row(right)), Is.Empty);

    [TestCase("""{"N":"1"}""", """{"S":"1"}""")]
    [TestCase("""{"N":"1"}""", """{"N":"10"}""")]
    [TestCase("""{"N":"9007199254740993"}""", """{"N":"9007199254740992"}""")]
    [TestCase("""{"S":"1.0"}""", """{"S":"1"}""")]
    [TestCase("""{"S":""}""", """{"NULL":true}""")]
    [TestCase("""{"BOOL":true}""", """{"BOOL":false}""")]
    [TestCase("""{"SS":["a"]}""", """{"SS":["a","b"]}""")]
    [TestCase("""{"SS":["1"]}""", """{"NS":["1"]}""")]
    [TestCase("""{"L":[{"S":"a"},{"S":"b"}]}""", """{"L":[{"S":"b"},{"S":"a"}]}""")]
    [TestCase("""{"M":{"a":{"S":"1"}}}""", """{"M":{"a":{"N":"1"}}}""")]
    [TestCase("""{"M":{"a":{"S":"\ud83d"}}}""", """{"M":{"a":{"S":"\ud83e"}}}""")]
    [TestCase("""{"B":"AAE="}""", """{"B":"AAI="}""")]
    public void Values_that_differ_are_named_by_their_attribute(string left, string right) =>
        Assert.That(RowComparison.Differences(Row(left), Row(right)), Is.EqualTo(["value"]));

    [Test]
    public void An_attribute_that_only_one_row_has_differs() =>
        Assert.That(RowComparison.Differences(RowJson.Parse("""{"job_id":{"S":"job"}}"""), Row("""{"NULL":true}""")), Is.EqualTo(["value"]));

    private static JobRow Row(string value) => RowJson.Parse($$"""{"job_id":{"S":"job"},"value":{{value}}}""");
}
