using DelphiRunner.Engine.Stores;
using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Engine.Tests.Stores;

/// <summary>Rows, claims and ends as tests need them, and the real rows of the fixtures.</summary>
internal static class Jobs
{
    public static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public static IEnumerable<TestCaseData> Fixtures =>
        Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "Fixtures", "delphi-jobs"), "*.json").Order(StringComparer.Ordinal)
            .Select(file => new TestCaseData(Path.GetFileNameWithoutExtension(file)).SetArgDisplayNames(Path.GetFileNameWithoutExtension(file)));

    public static JobRow Fixture(string name) =>
        RowJson.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Fixtures", "delphi-jobs", name + ".json")));

    /// <summary>A pending row, with some attributes replaced, or removed where the value is null.</summary>
    public static JobRow Pending(string id, params (string Name, RowValue? Value)[] changes)
    {
        var row = new JobRow(new Dictionary<string, RowValue>
        {
            [JobAttributes.JobId] = RowValue.OfText(id),
            [JobAttributes.Status] = RowValue.OfText(JobStatuses.Pending),
            [JobAttributes.JobType] = RowValue.OfText("FULL_PIPELINE"),
            [JobAttributes.CreatedAt] = RowValue.OfText(RowTime.Format(Now.AddHours(-1))),
            [JobAttributes.UpdatedAt] = RowValue.OfText(RowTime.Format(Now.AddHours(-1))),
            [JobAttributes.Version] = RowValue.OfNumber(1),
            [JobAttributes.Priority] = RowValue.OfNumber(50),
            [JobAttributes.WorkerId] = RowValue.OfText("none"),
            [JobAttributes.ConversationId] = RowValue.OfText("39321"),
            [JobAttributes.JobConfig] = RowValue.OfText("{}"),
            [JobAttributes.JobResults] = RowValue.OfText("{}"),
            [JobAttributes.Logs] = RowValue.OfText("{\"entries\":[]}"),
        });
        return row.With(changes.Select(change => KeyValuePair.Create(change.Name, change.Value)));
    }

    public static RowValue S(string text) => RowValue.OfText(text);

    public static RowValue S(DateTimeOffset time) => RowValue.OfText(RowTime.Format(time));

    public static RowValue N(string number) => new(RowValueKind.N, number);

    public static ClaimRequest Request(JobRow seen, string worker = "worker-1", string? exclusiveBy = null) => new()
    {
        Seen = seen,
        Claim = new Claim { JobId = seen.Id, WorkerId = worker, ClaimId = Guid.NewGuid().ToString(), Attempt = seen.Attempt + 1 },
        Rechecks = 0,
        StartedAt = Now,
        LockExpiresAt = Now.AddMinutes(15),
        ExclusiveBy = exclusiveBy,
    };

    public static JobFinish Finish(string status = JobStatuses.Completed, string? error = null) => new()
    {
        Status = status,
        CompletedAt = Now.AddMinutes(5),
        Results = "{\"result_type\":\"SUCCESS\"}",
        Logs = "{\"entries\":[{\"message\":\"done\"}]}",
        ProcessExitConfirmed = true,
        ExitProof = "process group empty",
        Attempts = "[{\"end\":\"completed\"}]",
        HandledBy = "Delphi 1.0",
        ErrorMessage = error,
    };

    public static JobRelease Release(string status, int attempt, DateTimeOffset? notBefore = null) => new()
    {
        Status = status,
        UpdatedAt = Now.AddMinutes(4),
        Attempt = attempt,
        Rechecks = 2,
        Logs = "{\"entries\":[{\"message\":\"released\"}]}",
        Attempts = "[{\"end\":\"released\"}]",
        NotBefore = notBefore,
    };

    public static CandidateQuery Query(int limit = 100) => new() { Now = Now, Limit = limit };

    /// <summary>The ids of rows, in their order.</summary>
    public static string[] Ids(this IEnumerable<JobRow> rows) => [.. rows.Select(row => row.Id)];
}
