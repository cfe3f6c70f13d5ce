using System.Text.Json;
using System.Text.Json.Nodes;
using DelphiRunner.Engine.Stores;
using DelphiRunner.Engine.Stores.DynamoDb;
using DelphiRunner.Engine.Stores.Rows;
using DelphiRunner.TestServers;
using DelphiRunner.TestServers.DynamoDb;
using static DelphiRunner.Engine.Tests.Stores.Jobs;

namespace DelphiRunner.Engine.Tests.Stores.DynamoDb;

/// <summary>Rows at the 400 KB that an item may have, and rows whose attributes are of other types than expected.</summary>
[TestFixture(ServerKind.Dynoxide)]
[TestFixture(ServerKind.Dynalite)]
internal sealed class LargeRowTests(ServerKind kind)
{
    private const int Most = 400 * 1024;

    private static readonly CancellationToken None = CancellationToken.None;

    private DynamoDbServer _server = null!; // Set before the first test.
    private JobQueueTable _table = null!; // Set before each test.
    private DynamoDbJobStore _store = null!; // Set before each test.

    [OneTimeSetUp]
    public async Task StartServer() => _server = await RequiredServers.StartAsync(kind);

    [OneTimeTearDown]
    public async Task StopServer() => await _server.DisposeAsync();

    [SetUp]
    public async Task CreateStore()
    {
        _table = await _server.CreateTableAsync();
        _store = new DynamoDbJobStore(new DynamoDbOptions { Endpoint = _table.Endpoint, Table = _table.Name }, TimeProvider.System);
    }

    [TearDown]
    public async Task CloseStore() => await _store.DisposeAsync();

    [Test]
    public async Task A_new_row_that_is_too_large_is_refused_with_what_to_do()
    {
        await Assert.ThatAsync(
            () => _store.CreateAsync(Filled(Most + 1), None), Throws.TypeOf<InvalidRowException>().With.Message.Contains("400 KB"));
    }

    [Test]
    public async Task A_log_that_a_running_row_cannot_take_is_shortened_with_a_note_and_the_claim_renewed()
    {
        var claimed = await ClaimAsync(Filled(Most - 12_000));

        var state = await _store.RenewAsync(claimed.Claim, Now.AddMinutes(16), Log(200), None);

        var row = await RowAsync();
        Assert.That(state, Is.EqualTo(ClaimState.Held));
        Assert.That(row.LockText, Is.EqualTo(RowTime.Format(Now.AddMinutes(16))));
        Assert.That(Messages(row), Has.Some.Contains("limit of 400 KB").And.Some.EqualTo("line 0"));
    }

    [Test]
    public async Task A_claim_is_renewed_without_its_log_where_nothing_of_it_fits()
    {
        var claimed = await ClaimAsync(Filled(Most - 700));

        var state = await _store.RenewAsync(claimed.Claim, Now.AddMinutes(16), Log(200), None);

        Assert.That(state, Is.EqualTo(ClaimState.Held));
        Assert.That((await RowAsync()).LockText, Is.EqualTo(RowTime.Format(Now.AddMinutes(16))));
    }

    [TestCase(12_000)]
    [TestCase(1_700)]
    [TestCase(700)]
    public async Task The_end_of_a_job_is_recorded_however_full_its_row_is(int free)
    {
        var claimed = await ClaimAsync(Filled(Most - free));
        var finish = Finish("FAILED", "it broke") with { Logs = Log(400), Results = $"{{\"result_type\":\"FAILURE\",\"error\":\"{new string('e', 1000)}\"}}" };

        var result = await _store.FinishAsync(claimed.Claim, finish, None);

        var row = await RowAsync();
        Assert.That(result, Is.EqualTo(FinishResult.Recorded));
        Assert.That(row.Status, Is.EqualTo("FAILED"));
        Assert.That(row.ClaimId, Is.Null);
        Assert.That(row.LockText, Is.Null);
        Assert.That(row.Raw("process_exit_confirmed"), Is.EqualTo(RowValue.OfBoolean(true)));
        Assert.That(Messages(row), Has.Some.Contains("limit of 400 KB"));
        Assert.That(row.Text("job_results"), Does.Contain("FAILURE"));
    }

    [Test]
    public async Task A_row_that_its_log_fills_is_claimed_with_a_shorter_log()
    {
        var full = Pending("job", ("logs", S(Log(1000))));
        var padding = Most - 60 - Size(full);
        await _store.CreateAsync(full.With([new("job_config", S("{}" + new string(' ', padding)))]), None);

        var claimed = await _store.ClaimAsync(Request(await RowAsync()), None);

        Assert.That(Messages(claimed!.Row), Has.Some.Contains("limit of 400 KB"));
    }

    [Test]
    public async Task A_row_that_cannot_be_claimed_for_its_size_is_an_error_of_that_row_alone()
    {
        await _store.CreateAsync(Filled(Most - 20), None);

        await Assert.ThatAsync(
            async () => await _store.ClaimAsync(Request(await RowAsync()), None), Throws.TypeOf<InvalidRowException>().With.Message.Contains("'job'"));
        Assert.That((await RowAsync()).Status, Is.EqualTo("PENDING"));
    }

    [TestCase("version", RowValueKind.BOOL, "true")]
    [TestCase("version", RowValueKind.NULL, "true")]
    [TestCase("logs", RowValueKind.M, "{\"entries\":{\"L\":[]}}")]
    [TestCase("job_results", RowValueKind.NULL, "true")]
    [TestCase("job_config", RowValueKind.M, "{}")]
    [TestCase("retry_count", RowValueKind.S, "two")]
    [TestCase("attempt", RowValueKind.BOOL, "true")]
    [TestCase("not_before", RowValueKind.N, "17")]
    [TestCase("lock_expires_at", RowValueKind.N, "5")]
    [TestCase("lock_expires_at", RowValueKind.S, "")]
    [TestCase("claim_id", RowValueKind.SS, "[\"a\"]")]
    [TestCase("cancel_requested", RowValueKind.NULL, "true")]
    public async Task A_row_with_an_attribute_of_another_type_than_expected_is_claimed_renewed_and_ended(string attribute, RowValueKind type, string text)
    {
        await _store.CreateAsync(Pending("job", (attribute, new RowValue(type, text))), None);

        var found = await _store.ListCandidatesAsync(Query(), None);
        var claimed = await _store.ClaimAsync(Request(found.Pending.Single()), None);
        var renewed = await _store.RenewAsync(claimed!.Claim, Now.AddMinutes(16), null, None);
        var result = await _store.FinishAsync(claimed.Claim, Finish(), None);

        Assert.That(renewed, Is.EqualTo(ClaimState.Held));
        Assert.That(result, Is.EqualTo(FinishResult.Recorded));
        Assert.That((await RowAsync()).Status, Is.EqualTo("COMPLETED"));
    }

    /// <summary>A row of that size, as DynamoDB counts it: names and values in UTF-8.</summary>
    private static JobRow Filled(int size)
    {
        var row = Pending("job", ("padding", S("")));
        return row.With([new("padding", S(new string('p', size - Size(row))))]);
    }

    private static int Size(JobRow row) => row.Attributes.Sum(attribute => attribute.Key.Length + (attribute.Value.Kind == RowValueKind.N ? 2 : attribute.Value.Text.Length));

    private static string Log(int lines) => new JsonObject
    {
        ["entries"] = new JsonArray(
        [
            .. Enumerable.Range(0, lines).Select(number => new JsonObject
            {
                ["timestamp"] = RowTime.Format(Now), ["level"] = "INFO", ["message"] = number == 0 ? "line 0" : $"line {number} {new string('x', 200)}",
            }),
        ]),
    }.ToJsonString();

    private static IEnumerable<string?> Messages(JobRow row)
    {
        using var json = JsonDocument.Parse(row.Text("logs")!);
        return [.. json.RootElement.GetProperty("entries").EnumerateArray().Select(entry => entry.GetProperty("message").GetString())];
    }

    private async Task<JobRow> RowAsync() => (await _store.GetAsync("job", None))!;

    private async Task<ClaimedJob> ClaimAsync(JobRow row)
    {
        await _store.CreateAsync(row, None);
        return (await _store.ClaimAsync(Request(row), None))!;
    }
}
