using System.Collections.Concurrent;
using DelphiRunner.Engine.Stores;
using DelphiRunner.Engine.Stores.Rows;
using static DelphiRunner.Engine.Tests.Stores.Jobs;

namespace DelphiRunner.Engine.Tests.Stores;

internal abstract partial class JobStoreContract
{
    private static readonly TestCaseData[] Versions =
    [
        new TestCaseData(null, "1").SetArgDisplayNames("missing"),
        new TestCaseData(N("41"), "42").SetArgDisplayNames("number"),
        new TestCaseData(N("1.0"), "2").SetArgDisplayNames("fraction"),
        new TestCaseData(S("7"), "8").SetArgDisplayNames("text"),
        new TestCaseData(S("seven"), "1").SetArgDisplayNames("words"),
        new TestCaseData(new RowValue(RowValueKind.NULL, "true"), "1").SetArgDisplayNames("null"),
    ];

    [Test]
    public async Task A_claim_stores_who_holds_the_row_and_gives_the_whole_row_back()
    {
        var seen = Pending("job", ("not_before", S(Now.AddMinutes(-1))), ("retry_count", N("0")), ("metadata", S("theirs")));
        await CreateAllAsync(seen);
        var request = Request(seen) with { Rechecks = 3 };

        var claimed = await Store.ClaimAsync(request, None);

        var row = await GetAsync("job");
        Assert.That(claimed?.Claim, Is.EqualTo(request.Claim));
        Assert.That(claimed?.Row.Attributes, Is.EquivalentTo(row.Attributes));
        var expected = seen.With([
            new("status", S("PROCESSING")),
            new("worker_id", S("worker-1")),
            new("claim_id", S(request.Claim.ClaimId)),
            new("write_id", row.Raw("write_id")),
            new("attempt", N("1")),
            new("rechecks", N("3")),
            new("retry_count", N("0")),
            new("started_at", S("2026-03-01T12:00:00.000000+00:00")),
            new("updated_at", S("2026-03-01T12:00:00.000000+00:00")),
            new("lock_expires_at", S("2026-03-01T12:15:00.000000+00:00")),
            new("version", N("2")),
            new("not_before", null),
        ]);
        Assert.That(row.Attributes, Is.EquivalentTo(expected.Attributes));
        Assert.That(row.Text("write_id"), Is.Not.Null);
    }

    [TestCaseSource(nameof(Versions))]
    public async Task Any_stored_version_is_compared_as_it_is_and_raised_as_a_number(RowValue? stored, string raised)
    {
        var seen = Pending("job", ("version", stored));
        await CreateAllAsync(seen);

        var claimed = await Store.ClaimAsync(Request(seen), None);
        var finished = await Store.FinishAsync(claimed!.Claim, Finish(), None);

        Assert.That(claimed.Row.RawVersion, Is.EqualTo(N(raised)));
        Assert.That(finished, Is.EqualTo(FinishResult.Recorded));
        Assert.That((await GetAsync("job")).Whole("version"), Is.EqualTo(claimed.Row.Whole("version") + 1));
    }

    [Test]
    public async Task A_foreign_version_is_raised_as_a_number_by_the_end_too()
    {
        await CreateAllAsync(Pending("job"));
        var claimed = await Store.ClaimAsync(Request(await GetAsync("job")), None);
        await ForeignWriteAsync("job", ("version", S("9")));

        await Store.FinishAsync(claimed!.Claim, Finish(), None);

        Assert.That((await GetAsync("job")).RawVersion, Is.EqualTo(N("10")));
    }

    [TestCase("version", "2")]
    [TestCase("status", "AWAITING_RECHECK")]
    [TestCase("status", "COMPLETED")]
    [TestCase("claim_id", "theirs")]
    [TestCase("lock_expires_at", "2030-01-01T00:00:00.000000+00:00")]
    public async Task A_row_that_changed_since_it_was_seen_is_not_claimed_and_stays_as_it_is(string attribute, string value)
    {
        var seen = Pending("job");
        await CreateAllAsync(seen);
        await ForeignWriteAsync("job", (attribute, S(value)));
        var before = await GetAsync("job");

        var claimed = await Store.ClaimAsync(Request(seen), None);

        Assert.That(claimed, Is.Null);
        Assert.That((await GetAsync("job")).Attributes, Is.EquivalentTo(before.Attributes));
    }

    [Test]
    public async Task A_version_of_another_type_is_another_version()
    {
        await CreateAllAsync(Pending("job", ("version", S("1"))));

        Assert.That(await Store.ClaimAsync(Request(Pending("job", ("version", N("1")))), None), Is.Null);
        Assert.That(await Store.ClaimAsync(Request(Pending("job", ("version", null))), None), Is.Null);
        Assert.That(await Store.ClaimAsync(Request(Pending("job", ("version", S("1")))), None), Is.Not.Null);
    }

    [TestCase("COMPLETED")]
    [TestCase("FAILED")]
    [TestCase("CANCELLED")]
    [TestCase(null)]
    public async Task A_row_in_a_state_that_nobody_claims_is_not_claimed_even_as_seen(string? status)
    {
        var seen = Pending("job", ("status", status is null ? null : S(status)), ("lock_expires_at", S("2020-01-01T00:00:00.000000+00:00")));
        await CreateAllAsync(seen);

        Assert.That(await Store.ClaimAsync(Request(seen), None), Is.Null);
        Assert.That((await GetAsync("job")).Attributes, Is.EquivalentTo(seen.Attributes));
    }

    [Test]
    public async Task A_lapsed_claim_is_taken_over_once_and_the_former_owner_writes_nothing_more()
    {
        await CreateAllAsync(Pending("job"));
        var former = (await Store.ClaimAsync(Request(await GetAsync("job")), None))!;

        var taken = await Store.ClaimAsync(Request(former.Row, "worker-2"), None);
        var again = await Store.ClaimAsync(Request(former.Row, "worker-3"), None);

        Assert.That(taken?.Row.Attempt, Is.EqualTo(2));
        Assert.That(taken?.Row.Raw("retry_count"), Is.EqualTo(N("1")));
        Assert.That(again, Is.Null);
        var row = await GetAsync("job");
        Assert.That(await Store.RenewAsync(former.Claim, Now.AddHours(1), "{}", None), Is.EqualTo(ClaimState.Lost));
        Assert.That(await Store.FinishAsync(former.Claim, Finish(), None), Is.EqualTo(FinishResult.Lost));
        Assert.That(await Store.ReleaseAsync(former.Claim, Release("PENDING", 0), None), Is.EqualTo(FinishResult.Lost));
        Assert.That((await GetAsync("job")).Attributes, Is.EquivalentTo(row.Attributes));
    }

    [Test]
    public async Task Each_of_many_jobs_is_claimed_by_exactly_one_of_many_claimers()
    {
        var (count, claimers) = Race;
        var rows = Enumerable.Range(0, count).Select(number => Pending($"job-{number:D4}")).ToList();
        await Task.WhenAll(rows.Select(row => Store.CreateAsync(row, None)));
        var claims = new ConcurrentBag<ClaimedJob>();

        await Task.WhenAll(Enumerable.Range(0, claimers).Select(number => Task.Run(async () =>
        {
            while (await Store.ListCandidatesAsync(Query(64), None) is { Pending.Count: > 0 } found)
            {
                foreach (var seen in found.Pending)
                {
                    if (await Store.ClaimAsync(Request(seen, $"worker-{number}"), None) is { } claimed)
                    {
                        claims.Add(claimed);
                    }
                }
            }
        })));

        Assert.That(claims, Has.Count.EqualTo(count));
        Assert.That(claims.Select(claimed => claimed.Claim.JobId).Distinct().Count(), Is.EqualTo(count));
        foreach (var claimed in claims)
        {
            Assert.That((await GetAsync(claimed.Claim.JobId)).ClaimId, Is.EqualTo(claimed.Claim.ClaimId));
        }
    }

    [Test]
    public async Task Each_write_carries_a_write_id_of_its_own()
    {
        await CreateAllAsync(Pending("job"));
        var ids = new List<string?> { (await GetAsync("job")).Text("write_id") };

        var claim = (await Store.ClaimAsync(Request(await GetAsync("job")), None))!.Claim;
        ids.Add((await GetAsync("job")).Text("write_id"));
        await Store.RenewAsync(claim, Now.AddMinutes(20), null, None);
        ids.Add((await GetAsync("job")).Text("write_id"));
        await Store.RequestCancelAsync("job", "now", None);
        ids.Add((await GetAsync("job")).Text("write_id"));
        await Store.ReleaseAsync(claim, Release("PENDING", 0), None);
        ids.Add((await GetAsync("job")).Text("write_id"));
        claim = (await Store.ClaimAsync(Request(await GetAsync("job")), None))!.Claim;
        await Store.FinishAsync(claim, Finish(), None);
        ids.Add((await GetAsync("job")).Text("write_id"));

        Assert.That(ids, Is.Unique);
    }

    [Test]
    public async Task A_renewal_moves_the_lock_and_raises_no_version()
    {
        await CreateAllAsync(Pending("job"));
        var claimed = (await Store.ClaimAsync(Request(await GetAsync("job")), None))!;
        Time.Advance(TimeSpan.FromSeconds(40));

        var state = await Store.RenewAsync(claimed.Claim, Now.AddMinutes(16), null, None);
        var silent = await GetAsync("job");
        await Store.RenewAsync(claimed.Claim, Now.AddMinutes(16), "{\"entries\":[1]}", None);

        Assert.That(state, Is.EqualTo(ClaimState.Held));
        var expected = claimed.Row.With([
            new("lock_expires_at", S(Now.AddMinutes(16))), new("updated_at", S(Now.AddSeconds(40))), new("write_id", silent.Raw("write_id")),
        ]);
        Assert.That(silent.Attributes, Is.EquivalentTo(expected.Attributes));
        Assert.That((await GetAsync("job")).Text("logs"), Is.EqualTo("{\"entries\":[1]}"));
    }

    [Test]
    public async Task A_request_to_cancel_reaches_the_owner_with_the_next_renewal()
    {
        await CreateAllAsync(Pending("job"), Pending("done", ("status", S("COMPLETED"))), Pending("failed", ("status", S("FAILED"))));
        var claimed = (await Store.ClaimAsync(Request(await GetAsync("job")), None))!;

        Assert.That(await Store.RequestCancelAsync("job", "12:00 by an operator", None));
        Assert.That(await Store.RequestCancelAsync("done", "12:00 by an operator", None), Is.False);
        Assert.That(await Store.RequestCancelAsync("failed", "12:00 by an operator", None), Is.False);
        Assert.That(await Store.RequestCancelAsync("nobody", "12:00 by an operator", None), Is.False);

        Assert.That(await Store.RenewAsync(claimed.Claim, Now.AddMinutes(16), null, None), Is.EqualTo(ClaimState.CancelRequested));
        var row = await GetAsync("job");
        Assert.That(row.CancelRequested, Is.EqualTo("12:00 by an operator"));
        Assert.That(row.RawVersion, Is.EqualTo(claimed.Row.RawVersion));
        Assert.That(await Store.GetAsync("nobody", None), Is.Null);
    }

    [TestCase("conversation_id")]
    [TestCase("report_id")]
    [TestCase("tenant \"x\"")]
    public async Task Two_jobs_of_one_type_and_value_are_never_processing_at_once(string attribute)
    {
        await using var store = await ReopenAsync(TimeProvider.System);
        var first = Pending("first", (attribute, S("7")));
        var second = Pending("second", (attribute, CanHold(attribute, N("7")) ? N("7") : S("7")));
        var elsewhere = Pending("elsewhere", (attribute, S("8")));
        var otherType = Pending("other-type", (attribute, S("7")), ("job_type", S("CREATE_NARRATIVE_BATCH")));
        await CreateAllAsync(first, second, elsewhere, otherType);

        var running = (await store.ClaimAsync(Request(first, exclusiveBy: attribute), None))!;

        Assert.That(await store.ClaimAsync(Request(second, exclusiveBy: attribute), None), Is.Null);
        Assert.That((await GetAsync("second")).Attributes, Is.EquivalentTo(second.Attributes));
        Assert.That(await store.ClaimAsync(Request(elsewhere, exclusiveBy: attribute), None), Is.Not.Null);
        Assert.That(await store.ClaimAsync(Request(otherType, exclusiveBy: attribute), None), Is.Not.Null);
        await store.FinishAsync(running.Claim, Finish(), None);
        Assert.That(await store.ClaimAsync(Request(second, exclusiveBy: attribute), None), Is.Not.Null);
    }

    [TestCase("conversation_id")]
    [TestCase("tenant")]
    public async Task Rows_without_a_value_exclude_nobody(string attribute)
    {
        await using var store = await ReopenAsync(TimeProvider.System);
        var rows = new[]
        {
            Pending("missing", (attribute, null)), Pending("missing-too", (attribute, null)), Pending("empty", (attribute, S(""))),
            Pending("empty-too", (attribute, S(""))), Pending("null", (attribute, new RowValue(RowValueKind.NULL, "true"))),
        };
        await CreateAllAsync(rows);

        foreach (var row in rows.Where(row => Polled(row.Id).Length > 0))
        {
            Assert.That(await store.ClaimAsync(Request(row, exclusiveBy: attribute), None), Is.Not.Null, row.Id);
        }
    }

    [Test]
    public async Task Of_two_rows_that_exclude_each_other_and_whose_holders_are_gone_one_is_taken_and_then_excludes_the_other()
    {
        await using var store = await ReopenAsync(TimeProvider.System);
        JobRow Left(string id) => Pending(
            id, (JobAttributes.Status, S(JobStatuses.Processing)), (JobAttributes.WorkerId, S("gone")), (JobAttributes.LockExpiresAt, S(Now.AddHours(-1))));
        var (first, second) = (Left("first"), Left("second"));
        await CreateAllAsync(first, second, Pending("waiting"));
        JobRow[] abandoned = [first, second];

        var refused = await store.ClaimAsync(Request(first, exclusiveBy: "conversation_id"), None);
        var taken = await store.ClaimAsync(Request(first, exclusiveBy: "conversation_id") with { Abandoned = abandoned }, None);
        var other = await store.ClaimAsync(Request(second, exclusiveBy: "conversation_id") with { Abandoned = abandoned }, None);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(refused, Is.Null, "whose holders nobody has found to be gone");
            Assert.That(taken, Is.Not.Null);
            Assert.That(other, Is.Null, "the first has a new holder");
            Assert.That((await GetAsync("second")).WorkerId, Is.EqualTo("gone"));
        }
    }

    [Test]
    public async Task Of_many_jobs_of_one_conversation_that_are_claimed_at_once_one_runs()
    {
        await using var store = await ReopenAsync(TimeProvider.System);
        var rows = Enumerable.Range(0, 32).Select(number => Pending($"job-{number}")).ToList();
        await CreateAllAsync([.. rows]);

        var claims = await Task.WhenAll(rows.Select(row => Task.Run(() => store.ClaimAsync(Request(row, exclusiveBy: "conversation_id"), None))));

        Assert.That(claims.Count(claimed => claimed is not null), Is.EqualTo(1));
    }
}
