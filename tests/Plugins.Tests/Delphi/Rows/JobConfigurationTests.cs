using DelphiRunner.Contracts;
using DelphiRunner.Plugins.Delphi.Rows;

namespace DelphiRunner.Plugins.Tests.Delphi.Rows;

public sealed class JobConfigurationTests
{
    [TestCase("""{ "stages": [ { "stage": "A", "config": { "k": 1 } } ] }""")]
    [TestCase("""{ "stages": [ { "stage": "Z" }, { "stage": "Y", "config": null }, { "stage": "A", "config": { "k": "1" } } ] }""")]
    [TestCase("""{ "stages": { "A": { "k": 1 } } }""")]
    [TestCase("""{ "stages": { "Z": null, "A": { "config": { "k": 1 } } } }""")]
    [TestCase("""{ "stages": { "stage": "A", "config": { "k": 1 } } }""")]
    public void Stages_are_read_as_a_list_and_as_a_map(string config)
    {
        Assert.That(Read(config).FindInStages("k", "A")!.Value.AsWhole(0, 9), Is.EqualTo(1));
        Assert.That(Read(config).FindInStages("k", "B"), Is.Null);
    }

    [TestCase("{ \"stages\": [", "not JSON")]
    [TestCase("not json", "not JSON")]
    [TestCase("[]", "job_config")]
    [TestCase("3", "job_config")]
    [TestCase("""{ "stages": 3 }""", "job_config.stages is '3'")]
    [TestCase("""{ "stages": [ "PCA" ] }""", "job_config.stages[0]")]
    [TestCase("""{ "stages": [ {}, { "stage": "A", "config": [] } ] }""", "job_config.stages[1].config")]
    [TestCase("""{ "stages": { "A": 7 } }""", "job_config.stages.A")]
    public void A_configuration_that_cannot_be_read_is_refused_with_its_place(string config, string place)
    {
        Assert.That(() => Read(config), Throws.InstanceOf<InvalidJobException>().With.Message.Contains(place));
    }

    [TestCase("\"many\"")]
    [TestCase("1.5")]
    [TestCase("0")]
    [TestCase("true")]
    [TestCase("[1]")]
    [TestCase("1e99")]
    public void A_number_of_another_form_is_refused_with_its_place(string value)
    {
        var found = Read($$"""{ "k": {{value}} }""").FindAtTop("k")!.Value;

        Assert.That(() => found.AsWhole(1, 100), Throws.InstanceOf<InvalidJobException>().With.Message.StartsWith("job_config.k is "));
    }

    [TestCase("\"maybe\"")]
    [TestCase("2")]
    [TestCase("{}")]
    public void A_boolean_of_another_form_is_refused(string value)
    {
        var found = Read($$"""{ "k": {{value}} }""").FindAtTop("k")!.Value;

        Assert.That(() => found.AsBoolean(), Throws.InstanceOf<InvalidJobException>().With.Message.Contains("true or false"));
    }

    [TestCase("not json")]
    [TestCase("[]")]
    [TestCase("""{ "MAX_VOTES": [1] }""")]
    public void An_environment_that_cannot_be_read_is_refused(string environment)
    {
        var job = JobRows.Make("T", attributes: ("environment", environment));

        Assert.That(() => RowEnvironment.Read(job), Throws.InstanceOf<InvalidJobException>().With.Message.Contains("environment"));
    }

    [Test]
    public void An_environment_of_plain_values_is_read_as_texts()
    {
        var job = JobRows.Make("T", attributes: ("environment", """{ "A": "x", "B": 5, "C": true, "D": null }"""));

        Assert.That(RowEnvironment.Read(job), Is.EquivalentTo(new Dictionary<string, string> { ["A"] = "x", ["B"] = "5", ["C"] = "true" }));
    }

    private static JobConfiguration Read(string config) => JobConfiguration.Read(JobRows.Make("T", config: config));
}
