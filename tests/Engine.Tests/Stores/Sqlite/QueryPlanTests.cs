using DelphiRunner.Engine.Stores;
using DelphiRunner.Engine.Stores.Sqlite;

namespace DelphiRunner.Engine.Tests.Stores.Sqlite;

/// <summary>A queue keeps its finished rows: what a host asks again and again must not look at them.</summary>
[TestFixture]
internal sealed class QueryPlanTests
{
    private static readonly TestCaseData[] Queries =
    [
        new TestCaseData(CandidateSearch.PendingAtOnce, "jobs_pending", false).SetArgDisplayNames(nameof(CandidateSearch.PendingAtOnce)),
        new TestCaseData(CandidateSearch.PendingDue, "jobs_pending", true).SetArgDisplayNames(nameof(CandidateSearch.PendingDue)),
        new TestCaseData(CandidateSearch.PendingLater, "jobs_pending", false).SetArgDisplayNames(nameof(CandidateSearch.PendingLater)),
        new TestCaseData(CandidateSearch.RecheckDue, "jobs_recheck", true).SetArgDisplayNames(nameof(CandidateSearch.RecheckDue)),
        new TestCaseData(CandidateSearch.RecheckLater, "jobs_recheck", false).SetArgDisplayNames(nameof(CandidateSearch.RecheckLater)),
        new TestCaseData(CandidateSearch.ForeignRecheckDue, "jobs_recheck", false).SetArgDisplayNames(nameof(CandidateSearch.ForeignRecheckDue)),
        new TestCaseData(CandidateSearch.ForeignRecheckLater, "jobs_recheck", false).SetArgDisplayNames(nameof(CandidateSearch.ForeignRecheckLater)),
        new TestCaseData(CandidateSearch.Processing, "jobs_processing", false).SetArgDisplayNames(nameof(CandidateSearch.Processing)),
        new TestCaseData(new ListQuery(new JobFilter()).Sql, "jobs_newest", true).SetArgDisplayNames("list"),
        new TestCaseData(new ListQuery(new JobFilter { JobType = "A" }).Sql, "jobs_newest", true).SetArgDisplayNames("list of a type"),
        new TestCaseData(new ListQuery(new JobFilter { Status = "FAILED" }).Sql, "jobs_failed", true).SetArgDisplayNames("list of failed"),
        new TestCaseData(new ListQuery(new JobFilter { Status = "PENDING" }).Sql, "jobs_pending", true).SetArgDisplayNames("list of pending"),
        new TestCaseData(new ListQuery(new JobFilter { Status = "PROCESSING" }).Sql, "jobs_processing", true).SetArgDisplayNames("list of processing"),
        new TestCaseData(new ListQuery(new JobFilter { ConversationId = "a" }).Sql, "jobs_conversation", true).SetArgDisplayNames("list of a conversation"),
        new TestCaseData(new ListQuery(new JobFilter { Status = "AWAITING_RECHECK" }).Sql, "jobs_recheck", true).SetArgDisplayNames("list of rechecks"),
        new TestCaseData(WriteSql.Claim(null), "job_id=?", false).SetArgDisplayNames("claim"),
        new TestCaseData(WriteSql.Claim("conversation_id"), "jobs_processing", false).SetArgDisplayNames("exclusive claim"),
        new TestCaseData(WriteSql.Finish, "job_id=?", false).SetArgDisplayNames("finish"),
    ];

    private TemporaryFolder _folder = null!; // Set before each test.

    [SetUp]
    public void CreateFolder() => _folder = new TemporaryFolder();

    [TearDown]
    public void DeleteFolder() => _folder.Delete();

    [TestCaseSource(nameof(Queries))]
    public async Task A_frequent_query_walks_an_index_of_open_rows(string sql, string index, bool sorts)
    {
        await using (var store = new SqliteJobStore(_folder["queue.db"], TimeProvider.System))
        {
            await store.ProbeAsync(CancellationToken.None);
        }

        var plan = string.Join('\n', Explain(_folder["queue.db"], sql));

        Assert.That(plan, Does.Contain(index));
        Assert.That(plan, Does.Not.Match("(?m)^SCAN jobs$"));
        Assert.That(plan.Contains("TEMP B-TREE", StringComparison.Ordinal), Is.EqualTo(sorts), plan);
    }

    private static List<string> Explain(string database, string sql)
    {
        using var connection = new SqliteFile(database).Open();
        RowFunctions.Register(connection);
        using var statement = new Statement(connection, "EXPLAIN QUERY PLAN " + sql);
        var plan = new List<string>();
        while (statement.Step())
        {
            plan.Add(statement.Value(3)?.Text ?? "");
        }

        return plan;
    }
}
