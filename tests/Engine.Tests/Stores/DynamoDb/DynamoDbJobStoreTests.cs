using System.Text.Json.Nodes;
using DelphiRunner.Engine.Stores;
using DelphiRunner.Engine.Stores.DynamoDb;
using DelphiRunner.Engine.Stores.Rows;
using DelphiRunner.TestServers;
using DelphiRunner.TestServers.DynamoDb;

namespace DelphiRunner.Engine.Tests.Stores.DynamoDb;

[TestFixture(ServerKind.Dynoxide)]
[TestFixture(ServerKind.Dynalite)]
internal sealed class DynamoDbJobStoreTests(ServerKind kind) : JobStoreContract
{
    private static readonly string[] IndexKeys = ["status", "created_at", "conversation_id", "job_type", "worker_id", "priority"];

    private DynamoDbServer _server = null!; // Set before the first test.
    private JobQueueTable _table = null!; // Set with the store of each test.

    protected override (int Jobs, int Claimers) Race => (200, 16);

    private DynamoDbOptions Options => new() { Endpoint = _server.Endpoint, Table = _table.Name, IndexLag = TimeSpan.FromMilliseconds(300), SlowGroupsInterval = TimeSpan.Zero };

    [OneTimeSetUp]
    public async Task StartServer() => _server = await RequiredServers.StartAsync(kind);

    [OneTimeTearDown]
    public async Task StopServer() => await _server.DisposeAsync();

    [TestCase("status", "")]
    [TestCase("conversation_id", "")]
    [TestCase("worker_id", "")]
    [TestCase("priority", "ninety")]
    public async Task A_row_that_an_index_cannot_hold_is_refused_with_the_name_of_the_attribute(string attribute, string text)
    {
        await Assert.ThatAsync(
            () => Store.CreateAsync(Jobs.Pending("job", (attribute, Jobs.S(text))), None), Throws.TypeOf<InvalidRowException>().With.Message.Contains($"'{attribute}'"));
        Assert.That(await Store.GetAsync("job", None), Is.Null);
    }

    [Test]
    public async Task The_same_row_is_created_only_once()
    {
        Assert.That(await Store.CreateAsync(Jobs.Pending("job"), None));
        Assert.That(await Store.CreateAsync(Jobs.Pending("job"), None), Is.False);
    }

    [Test]
    public async Task A_list_that_must_be_current_reads_the_table_itself()
    {
        await CreateAllAsync(Jobs.Pending("job"), Jobs.Pending("untimed", ("created_at", null)));

        var page = await Store.ListAsync(new JobFilter { ConversationId = "39321", MustBeCurrent = true }, None);

        Assert.That(page.Rows.Ids(), Is.EqualTo(["job", "untimed"]));
    }

    [Test]
    public async Task Rows_that_do_not_suit_never_hide_those_behind_them()
    {
        await using var store = new DynamoDbJobStore(Options with { MostEntriesPerPoll = 200 }, Time);
        await Task.WhenAll(Enumerable.Range(0, 450).Select(number =>
            store.CreateAsync(Jobs.Pending($"other-{number}", ("job_type", Jobs.S("OTHER")), ("created_at", Jobs.S(Jobs.Now.AddDays(-2)))), None)));
        await store.CreateAsync(Jobs.Pending("suits"), None);
        var query = Jobs.Query(10) with { JobTypes = new HashSet<string> { "FULL_PIPELINE" } };

        var found = new List<string>();
        for (var polls = 0; polls < 3; polls++)
        {
            var candidates = await store.ListCandidatesAsync(query, None);
            found.AddRange(candidates.Pending.Ids());
            Assert.That(candidates.NextDue, Is.EqualTo(polls < 2 ? Jobs.Now : null));
        }

        Assert.That(found, Is.EqualTo(["suits"]));
    }

    protected override async Task<IJobStore> CreateStoreAsync(TimeProvider time)
    {
        _table = await _server.CreateTableAsync();
        return await ReopenAsync(time);
    }

    protected override Task<IJobStore> ReopenAsync(TimeProvider time) => Task.FromResult<IJobStore>(new DynamoDbJobStore(Options, time));

    protected override IJobStore CreateBrokenStore(TimeProvider time) => new DynamoDbJobStore(Options with { Table = "No_Such_Table" }, time);

    protected override Task ForeignWriteAsync(string jobId, params (string Name, RowValue? Value)[] changes)
    {
        var names = new JsonObject();
        var values = new JsonObject();
        var sets = new List<string>();
        var removes = new List<string>();
        foreach (var (name, value) in changes)
        {
            names[$"#n{names.Count}"] = name;
            if (value is { } present)
            {
                sets.Add($"#n{names.Count - 1} = :v{values.Count}");
                values[$":v{values.Count}"] = JsonNode.Parse(RowJson.Write(new JobRow(new Dictionary<string, RowValue> { ["value"] = present })))!["value"]!.DeepClone();
            }
            else
            {
                removes.Add($"#n{names.Count - 1}");
            }
        }

        var request = new JsonObject
        {
            ["Key"] = new JsonObject { ["job_id"] = new JsonObject { ["S"] = jobId } },
            ["UpdateExpression"] = (sets.Count > 0 ? $"SET {string.Join(", ", sets)} " : "") + (removes.Count > 0 ? $"REMOVE {string.Join(", ", removes)}" : ""),
            ["ExpressionAttributeNames"] = names,
        };
        if (values.Count > 0)
        {
            request["ExpressionAttributeValues"] = values;
        }

        return _table.SendAsync("UpdateItem", request);
    }

    protected override Task ForeignDeleteAsync(string jobId) => _table.DeleteAsync(jobId);

    protected override Task CleanUpAsync() => Task.CompletedTask;

    protected override bool IsPolled(JobRow row) => row.Raw("created_at") is not null && row.Raw("status") is not null;

    protected override bool CanHold(string attribute, RowValue value) =>
        JsonText.IsPlain(attribute)
        && !(value.Kind == RowValueKind.S && JsonText.IsPlain(value.Text.Replace('\0', ' ')) is false)
        && !value.Text.Contains("\\ud83d\"", StringComparison.Ordinal)
        && (!IndexKeys.Contains(attribute) || (value.Text.Length > 0 && value.Kind == (attribute == "priority" ? RowValueKind.N : RowValueKind.S)));

    protected override JobRow Canonical(JobRow row) => CanonicalRows.Of(row);
}
