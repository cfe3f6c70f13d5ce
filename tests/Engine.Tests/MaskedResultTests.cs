using System.Text.Json.Nodes;
using DelphiRunner.Engine.Polling;
using DelphiRunner.Engine.Security;
using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Engine.Tests;

/// <summary>A secret that a command hands on beside its output reaches neither its row nor the host's log.</summary>
[NonParallelizable]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Platform("Linux")]
public sealed class MaskedResultTests : IAsyncDisposable
{
    private const string Name = "DELPHI_TEST_PASSWORD";
    private const string Secret = "p\"ss-w/rd+1";

    private readonly HostOnFile _host = new() { Shell = new JobTypeOptions { Secrets = [new(Name)] } };

    public MaskedResultTests() => Environment.SetEnvironmentVariable(Name, Secret);

    public async ValueTask DisposeAsync()
    {
        Environment.SetEnvironmentVariable(Name, null);
        await _host.DisposeAsync();
    }

    [TestCase(0, "COMPLETED")]
    [TestCase(1, "FAILED")]
    public async Task A_result_file_is_masked_and_stays_json(int exitCode, string status)
    {
        const string Json = """{"message":"no connection: postgres://u:%s@db","keys":["%s"],"rows":3}""";
        await _host.SubmitAsync("job", $"""printf '{Json}' "$(printf %s "${Name}" | sed 's/"/\\"/')" "$(printf %s "${Name}" | base64)" > $DELPHI_RESULT_FILE; exit {exitCode}""");

        await _host.RunAsync();

        var row = await _host.ReadAsync("job");
        var results = JsonNode.Parse(row.Text(JobAttributes.JobResults)!)!;
        Assert.That(row.Status, Is.EqualTo(status));
        Assert.That((int?)results["rows"], Is.EqualTo(3));
        Assert.That((string?)results["keys"]![0], Is.EqualTo("***"));
        Assert.That(await TextsAsync(), Has.None.Contains("ss-w").And.None.Contains("cCJzcy13").And.Some.Contains("postgres://u:***@db"));
    }

    [Test]
    public async Task What_a_handler_throws_is_masked_in_the_row_and_in_the_host_s_log()
    {
        await _host.SubmitAsync("job", "true", ("throw", $"no connection: postgres://u:{Secret}@db"));

        await _host.RunAsync();

        Assert.That(await TextsAsync(), Has.None.Contains("ss-w").And.Some.Contains("postgres://u:***@db"));
        Assert.That(_host.Log.MessageOf("HandlerFailed"), Does.Contain("postgres://u:***@db"));
    }

    [Test]
    public async Task The_name_of_an_attribute_is_masked()
    {
        await _host.SubmitAsync("job", "true", ("attribute", $"key {Secret}"));

        await _host.RunAsync();

        var row = await _host.ReadAsync("job");
        Assert.That(row.Attributes.Keys, Has.None.Contains("ss-w"));
        Assert.That(row.Text("key ***"), Is.EqualTo("of the handler"));
    }

    [Test]
    public async Task What_a_handler_throws_is_masked_in_a_plan_too()
    {
        await _host.SubmitAsync("job", "true", ("throw", $"no connection: postgres://u:{Secret}@db"));

        var thrown = await Assert.CatchAsync(() => _host.PlanAsync("job"));

        Assert.That(thrown!.ToString(), Does.Contain("postgres://u:***@db").And.Not.Contain("ss-w"));
    }

    [Test]
    public async Task A_plan_of_a_command_that_is_denied_says_what_else_is_refused()
    {
        await _host.SubmitAsync("job", "true", ("program", "/bin/cat"), ("row_environment", new JsonObject { ["LD_PRELOAD"] = "x.so" }));

        var denied = await Assert.ThrowsAsync<CommandDeniedException>(() => _host.PlanAsync("job"));

        Assert.That(denied!.FurtherRefusals, Has.One.Contains("LD_PRELOAD"));
    }

    // What the row brought with it is not the host's to change.
    private async Task<IEnumerable<string>> TextsAsync() =>
        (await _host.ReadAsync("job")).Attributes.Where(attribute => attribute.Key != JobAttributes.JobConfig).Select(attribute => attribute.Value.Text);
}
