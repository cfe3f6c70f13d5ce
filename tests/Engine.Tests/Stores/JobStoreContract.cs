using DelphiRunner.Engine.Stores;
using DelphiRunner.Engine.Stores.Rows;
using Microsoft.Extensions.Time.Testing;
using static DelphiRunner.Engine.Tests.Stores.Jobs;

namespace DelphiRunner.Engine.Tests.Stores;

/// <summary>What every store promises. A store's own fixture inherits it and says how to make one and how others write to it.</summary>
internal abstract partial class JobStoreContract
{
    protected static readonly CancellationToken None = CancellationToken.None;

    private static readonly string[] EmptyIds = [];

    private readonly HashSet<string> _refused = new(StringComparer.Ordinal);
    private readonly HashSet<string> _notPolled = new(StringComparer.Ordinal);

    protected IJobStore Store { get; private set; } = null!; // Set before each test.

    protected FakeTimeProvider Time { get; private set; } = null!; // Set before each test.

    [SetUp]
    public async Task CreateEmptyStore()
    {
        _refused.Clear();
        _notPolled.Clear();
        Time = new FakeTimeProvider(Now);
        Store = await CreateStoreAsync(Time);
    }

    [TearDown]
    public async Task DisposeStore()
    {
        await Store.DisposeAsync();
        await CleanUpAsync();
    }

    [TestCaseSource(typeof(Jobs), nameof(Fixtures))]
    public async Task A_real_row_is_read_back_as_it_was_given(string fixture)
    {
        var row = Fixture(fixture);

        var created = await Store.CreateAsync(row, None);

        Assert.That(created);
        Assert.That(Canonical(await GetAsync(row.Id)).Attributes, Is.EquivalentTo(Canonical(row).Attributes));
    }

    [Test]
    public async Task Values_of_every_type_and_form_are_read_back_byte_for_byte()
    {
        var row = Holdable(Pending(
            "odd",
            ("version", N("1.0")),
            ("priority", N("007")),
            ("retry_count", N("-0")),
            ("max_retries", N("9223372036854775808")),
            ("timeout_seconds", N("1e2")),
            ("report_id", S("")),
            ("handled_by", S("a\0b")),
            ("error_message", S("half \ud83d of it, caf\u00e9 \ud83d\uddd1\ufe0f \"quoted\" \\ \u001b[0m\n")),
            ("process_exit_confirmed", RowValue.OfBoolean(false)),
            ("exit_proof", new RowValue(RowValueKind.NULL, "true")),
            ("environment", new RowValue(RowValueKind.M, "{\"A\":{\"S\":\"\\ud83d\"},\"L\":{\"L\":[{\"N\":\"1.50\"},{\"BOOL\":true}]}}")),
            ("a \"name\" \ud83d", new RowValue(RowValueKind.L, "[]")),
            ("Item", new RowValue(RowValueKind.M, "{}")),
            ("bytes", new RowValue(RowValueKind.B, "\"aGVsbG8=\"")),
            ("texts", new RowValue(RowValueKind.SS, "[\"a\",\"b\"]")),
            ("numbers", new RowValue(RowValueKind.NS, "[\"1\",\"2.0\"]")),
            ("blobs", new RowValue(RowValueKind.BS, "[\"aA==\"]")),
            ("exact", N("0.1234567890123456789012345678901234567"))));

        await Store.CreateAsync(row, None);

        Assert.That(Canonical(await GetAsync("odd")).Attributes, Is.EquivalentTo(Canonical(row).Attributes));
    }

    [Test]
    public async Task A_second_row_of_the_same_id_is_not_created_and_changes_nothing()
    {
        var row = Pending("job");
        await Store.CreateAsync(row, None);

        var created = await Store.CreateAsync(Pending("job", ("conversation_id", S("other"))), None);

        Assert.That(created, Is.False);
        Assert.That((await Store.GetAsync("job", None))?.Attributes, Is.EquivalentTo(row.Attributes));
    }

    [Test]
    public async Task A_row_without_a_key_or_with_an_impossible_value_is_refused()
    {
        await Assert.ThatAsync(() => Store.CreateAsync(Pending("job", ("job_id", null)), None), Throws.TypeOf<InvalidRowException>().With.Message.Contains("job_id"));
        await Assert.ThatAsync(() => Store.CreateAsync(Pending("job", ("job_id", N("5"))), None), Throws.TypeOf<InvalidRowException>());
        await Assert.ThatAsync(() => Store.CreateAsync(Pending(""), None), Throws.TypeOf<InvalidRowException>());
        await Assert.ThatAsync(() => Store.CreateAsync(Pending(new string('j', 2049)), None), Throws.TypeOf<InvalidRowException>().With.Message.Contains("2049"));
        await Assert.ThatAsync(
            () => Store.CreateAsync(Pending("job", ("extra", N("five"))), None), Throws.TypeOf<InvalidRowException>().With.Message.Contains("'extra'"));
        await Assert.ThatAsync(
            () => Store.CreateAsync(Pending("job", ("extra", new RowValue(RowValueKind.M, "{\"a\":1}"))), None), Throws.TypeOf<InvalidRowException>());
    }

    [Test]
    public async Task An_unknown_id_gives_no_row()
    {
        Assert.That(await Store.GetAsync("nobody", None), Is.Null);
    }

    [Test]
    public async Task A_call_whose_token_has_ended_stores_nothing()
    {
        var ended = new CancellationToken(canceled: true);

        await Assert.ThatAsync(() => Store.CreateAsync(Pending("job"), ended), Throws.InstanceOf<OperationCanceledException>());
        await Assert.ThatAsync(() => Store.GetAsync("job", ended), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(await Store.GetAsync("job", None), Is.Null);
    }

    [Test]
    public async Task A_probe_passes_and_changes_nothing()
    {
        await Store.CreateAsync(Pending("job"), None);

        await Store.ProbeAsync(None);

        Assert.That((await Store.GetAsync("job", None))?.Attributes, Is.EquivalentTo(Pending("job").Attributes));
    }

    [Test]
    public async Task A_store_that_cannot_be_reached_raises_and_is_never_empty()
    {
        await using var broken = CreateBrokenStore(Time);
        var claim = Request(Pending("job")).Claim;

        using (Assert.EnterMultipleScope())
        {
            await Assert.ThatAsync(() => broken.CreateAsync(Pending("job"), None), Throws.TypeOf<StoreException>());
            await Assert.ThatAsync(() => broken.GetAsync("job", None), Throws.TypeOf<StoreException>());
            await Assert.ThatAsync(() => broken.ListAsync(new JobFilter(), None), Throws.TypeOf<StoreException>());
            await Assert.ThatAsync(() => broken.ListCandidatesAsync(Query(), None), Throws.TypeOf<StoreException>());
            await Assert.ThatAsync(() => broken.ClaimAsync(Request(Pending("job")), None), Throws.TypeOf<StoreException>());
            await Assert.ThatAsync(() => broken.RenewAsync(claim, Now, null, None), Throws.TypeOf<StoreException>());
            await Assert.ThatAsync(() => broken.FinishAsync(claim, Finish(), None), Throws.TypeOf<StoreException>());
            await Assert.ThatAsync(() => broken.ReleaseAsync(claim, Release(JobStatuses.Pending, 0), None), Throws.TypeOf<StoreException>());
            await Assert.ThatAsync(() => broken.RequestCancelAsync("job", "now", None), Throws.TypeOf<StoreException>());
            await Assert.ThatAsync(() => broken.ProbeAsync(None), Throws.TypeOf<StoreException>());
        }
    }

    [Test]
    public async Task A_wait_ends_with_a_job_that_this_process_creates()
    {
        var waiting = Store.WaitForChangeAsync(TimeSpan.FromHours(1), None);

        await Store.CreateAsync(Pending("job"), None);

        await waiting.WaitAsync(TimeSpan.FromSeconds(30), None);
    }

    [Test]
    public async Task A_job_created_between_two_waits_ends_the_second_at_once()
    {
        using var noChange = new CancellationTokenSource();
        var first = Store.WaitForChangeAsync(TimeSpan.FromHours(1), noChange.Token);
        await noChange.CancelAsync();
        await Assert.ThatAsync(() => first, Throws.InstanceOf<OperationCanceledException>());

        await Store.CreateAsync(Pending("job"), None);

        await Store.WaitForChangeAsync(TimeSpan.FromHours(1), None).WaitAsync(TimeSpan.FromSeconds(30), None);
    }

    [Test]
    public async Task A_wait_without_a_change_ends_after_its_time()
    {
        await using var store = await ReopenAsync(TimeProvider.System);
        var since = TimeProvider.System.GetTimestamp();

        await store.WaitForChangeAsync(TimeSpan.FromMilliseconds(300), None);

        Assert.That(TimeProvider.System.GetElapsedTime(since), Is.GreaterThanOrEqualTo(TimeSpan.FromMilliseconds(290)));
    }

    /// <summary>Makes a store without rows.</summary>
    protected abstract Task<IJobStore> CreateStoreAsync(TimeProvider time);

    /// <summary>Opens what <see cref="CreateStoreAsync"/> made once more, as another process would.</summary>
    protected abstract Task<IJobStore> ReopenAsync(TimeProvider time);

    /// <summary>Makes a store that cannot be reached or read.</summary>
    protected abstract IJobStore CreateBrokenStore(TimeProvider time);

    /// <summary>Changes a row as other programs do: without version, write id or any condition. A null removes an attribute.</summary>
    protected abstract Task ForeignWriteAsync(string jobId, params (string Name, RowValue? Value)[] changes);

    /// <summary>Deletes a row as operators do, also while its job runs.</summary>
    protected abstract Task ForeignDeleteAsync(string jobId);

    /// <summary>Removes what the test has left behind.</summary>
    protected abstract Task CleanUpAsync();

    /// <summary>How many jobs how many claimers race for.</summary>
    protected virtual (int Jobs, int Claimers) Race => (2_000, 64);

    /// <summary>Whether the store can hold a value; rows with others are left out of the tests of those who can.</summary>
    protected virtual bool CanHold(string attribute, RowValue value) => true;

    /// <summary>Whether polls see a row at all.</summary>
    protected virtual bool IsPolled(JobRow row) => true;

    /// <summary>A row in the one form that it has in common with the store's: for a store that writes equal values in another way.</summary>
    protected virtual JobRow Canonical(JobRow row) => row;

    /// <summary>The row without what the store cannot hold.</summary>
    protected JobRow Holdable(JobRow row) =>
        row.With(row.Attributes.Where(attribute => !CanHold(attribute.Key, attribute.Value)).Select(attribute => KeyValuePair.Create(attribute.Key, (RowValue?)null)));

    /// <summary>The ids of those rows that the store can hold, in the given order.</summary>
    protected string[] Held(params string[] ids) => [.. ids.Where(id => !_refused.Contains(id))];

    /// <summary>The ids of those of them that polls see.</summary>
    protected string[] Polled(params string[] ids) => [.. Held(ids).Where(id => !_notPolled.Contains(id))];

    protected async Task<JobRow> GetAsync(string jobId) =>
        await Store.GetAsync(jobId, None) ?? throw new AssertionException($"Row '{jobId}' is gone.");

    protected async Task CreateAllAsync(params JobRow[] rows)
    {
        foreach (var row in rows)
        {
            if (!row.Attributes.All(attribute => CanHold(attribute.Key, attribute.Value)))
            {
                _refused.Add(row.Id);
                continue;
            }

            if (!IsPolled(row))
            {
                _notPolled.Add(row.Id);
            }

            await Store.CreateAsync(row, None);
        }
    }
}
