using DelphiRunner.Engine.Stores;
using DelphiRunner.Engine.Stores.Rows;
using static DelphiRunner.Engine.Tests.Stores.Jobs;

namespace DelphiRunner.Engine.Tests.Stores;

internal abstract partial class JobStoreContract
{
    [Test]
    public async Task An_end_is_recorded_and_lets_go_of_the_row()
    {
        var claimed = await ClaimNewAsync();
        await Store.RequestCancelAsync("job", "now", None);

        var result = await Store.FinishAsync(claimed.Claim, Finish("FAILED", "it broke"), None);

        Assert.That(result, Is.EqualTo(FinishResult.Recorded));
        var row = await GetAsync("job");
        var expected = claimed.Row.With([
            new("status", S("FAILED")),
            new("completed_at", S(Now.AddMinutes(5))),
            new("updated_at", S(Now.AddMinutes(5))),
            new("job_results", S("{\"result_type\":\"SUCCESS\"}")),
            new("logs", S("{\"entries\":[{\"message\":\"done\"}]}")),
            new("process_exit_confirmed", RowValue.OfBoolean(true)),
            new("exit_proof", S("process group empty")),
            new("attempts", S("[{\"end\":\"completed\"}]")),
            new("handled_by", S("Delphi 1.0")),
            new("error_message", S("it broke")),
            new("version", N("3")),
            new("write_id", row.Raw("write_id")),
            new("claim_id", null),
            new("lock_expires_at", null),
        ]);
        Assert.That(row.Attributes, Is.EquivalentTo(expected.Attributes));
    }

    [Test]
    public async Task What_an_end_does_not_name_stays_as_it_is()
    {
        var claimed = await ClaimNewAsync(("error_message", S("from before")), ("handled_by", S("somebody")));

        await Store.FinishAsync(claimed.Claim, Finish() with { HandledBy = null, ProcessExitConfirmed = false }, None);

        var row = await GetAsync("job");
        Assert.That(row.Text("error_message"), Is.EqualTo("from before"));
        Assert.That(row.Text("handled_by"), Is.EqualTo("somebody"));
        Assert.That(row.Raw("process_exit_confirmed"), Is.EqualTo(RowValue.OfBoolean(false)));
    }

    [Test]
    public async Task A_handlers_attributes_are_set_with_the_end()
    {
        var claimed = await ClaimNewAsync(("theirs", S("kept")), ("changed", S("old")));
        var attributes = new Dictionary<string, RowValue>
        {
            ["batch_id"] = S("msgbatch_1"),
            ["priority"] = N("70"),
            ["changed"] = new(RowValueKind.M, "{\"a\":{\"N\":\"1\"}}"),
            ["added"] = N("1.50"),
        };

        await Store.FinishAsync(claimed.Claim, Finish() with { Attributes = attributes }, None);

        var row = await GetAsync("job");
        Assert.That(Canonical(row).Attributes, Is.SupersetOf(Canonical(new JobRow(attributes)).Attributes));
        Assert.That(row.Text("theirs"), Is.EqualTo("kept"));
    }

    [Test]
    public async Task A_handlers_attributes_that_are_the_hosts_or_impossible_are_refused_and_the_job_goes_on()
    {
        var claimed = await ClaimNewAsync();
        var owned = Finish() with { Attributes = new Dictionary<string, RowValue> { ["version"] = N("9") } };
        var impossible = Finish() with { Attributes = new Dictionary<string, RowValue> { ["extra"] = N("nine") } };

        await Assert.ThatAsync(() => Store.FinishAsync(claimed.Claim, owned, None), Throws.ArgumentException.With.Message.Contains("'version'"));
        await Assert.ThatAsync(() => Store.FinishAsync(claimed.Claim, impossible, None), Throws.TypeOf<InvalidRowException>().With.Message.Contains("'extra'"));
        Assert.That((await GetAsync("job")).Attributes, Is.EquivalentTo(claimed.Row.Attributes));
    }

    [TestCase("FAILED", "COMPLETED")]
    [TestCase("COMPLETED", "FAILED")]
    [TestCase("FAILED", "FAILED")]
    public async Task A_foreign_end_keeps_its_status_and_message_and_gets_our_results(string theirs, string ours)
    {
        var claimed = await ClaimNewAsync();
        await ForeignWriteAsync("job", ("status", S(theirs)), ("error_message", S("batch failed")));

        var result = await Store.FinishAsync(claimed.Claim, Finish(ours, "our message"), None);

        Assert.That(result, Is.EqualTo(FinishResult.ForeignEnd));
        var row = await GetAsync("job");
        var expected = claimed.Row.With([
            new("status", S(theirs)),
            new("error_message", S("batch failed")),
            new("completed_at", S(Now.AddMinutes(5))),
            new("updated_at", S(Now.AddMinutes(5))),
            new("job_results", S("{\"result_type\":\"SUCCESS\"}")),
            new("logs", S("{\"entries\":[{\"message\":\"done\"}]}")),
            new("process_exit_confirmed", RowValue.OfBoolean(true)),
            new("exit_proof", S("process group empty")),
            new("attempts", S("[{\"end\":\"completed\"}]")),
            new("handled_by", S("Delphi 1.0")),
            new("version", N("3")),
            new("write_id", row.Raw("write_id")),
            new("claim_id", null),
            new("lock_expires_at", null),
        ]);
        Assert.That(row.Attributes, Is.EquivalentTo(expected.Attributes));
    }

    [Test]
    public async Task A_renewal_tells_of_a_foreign_end_and_changes_nothing()
    {
        var claimed = await ClaimNewAsync();
        await ForeignWriteAsync("job", ("status", S("FAILED")), ("error_message", S("no API key")));
        var before = await GetAsync("job");

        var state = await Store.RenewAsync(claimed.Claim, Now.AddMinutes(20), "{}", None);

        Assert.That(state, Is.EqualTo(ClaimState.Ended));
        Assert.That((await GetAsync("job")).Attributes, Is.EquivalentTo(before.Attributes));
        Assert.That(await Store.FinishAsync(claimed.Claim, Finish(), None), Is.EqualTo(FinishResult.ForeignEnd));
        Assert.That(await Store.RenewAsync(claimed.Claim, Now.AddMinutes(20), "{}", None), Is.EqualTo(ClaimState.Lost));
    }

    [Test]
    public async Task A_foreign_end_keeps_its_own_time()
    {
        var claimed = await ClaimNewAsync();
        await ForeignWriteAsync("job", ("status", S("COMPLETED")), ("completed_at", S("2026-03-01T12:01:00.000001")));

        await Store.FinishAsync(claimed.Claim, Finish(), None);

        Assert.That((await GetAsync("job")).Text("completed_at"), Is.EqualTo("2026-03-01T12:01:00.000001"));
    }

    [Test]
    public async Task A_foreign_end_is_not_undone_by_giving_the_job_back()
    {
        var claimed = await ClaimNewAsync();
        await ForeignWriteAsync("job", ("status", S("FAILED")), ("error_message", S("Reset by admin script")), ("completed_at", S("2026-03-01T12:01:00")));

        var result = await Store.ReleaseAsync(claimed.Claim, Release("PENDING", 0), None);

        var row = await GetAsync("job");
        Assert.That(result, Is.EqualTo(FinishResult.ForeignEnd));
        Assert.That(row.Status, Is.EqualTo("FAILED"));
        Assert.That(row.Text("error_message"), Is.EqualTo("Reset by admin script"));
        Assert.That(row.Text("job_results"), Is.EqualTo("{}"));
        Assert.That(row.Text("logs"), Is.EqualTo("{\"entries\":[{\"message\":\"released\"}]}"));
        Assert.That(row.ClaimId, Is.Null);
        Assert.That(row.LockText, Is.Null);
    }

    [TestCase("PENDING")]
    [TestCase("AWAITING_RECHECK")]
    [TestCase("CANCELLED")]
    public async Task A_row_that_somebody_opened_again_is_lost_and_stays_as_it_is(string status)
    {
        var claimed = await ClaimNewAsync();
        await ForeignWriteAsync("job", ("status", S(status)));
        var before = await GetAsync("job");

        Assert.That(await Store.RenewAsync(claimed.Claim, Now, "{}", None), Is.EqualTo(ClaimState.Lost));
        Assert.That(await Store.FinishAsync(claimed.Claim, Finish(), None), Is.EqualTo(FinishResult.Lost));
        Assert.That(await Store.ReleaseAsync(claimed.Claim, Release("PENDING", 0), None), Is.EqualTo(FinishResult.Lost));
        Assert.That((await GetAsync("job")).Attributes, Is.EquivalentTo(before.Attributes));
    }

    [Test]
    public async Task A_row_that_another_host_ended_is_lost()
    {
        var claimed = await ClaimNewAsync();
        var taken = (await Store.ClaimAsync(Request(claimed.Row, "worker-2"), None))!;
        await Store.FinishAsync(taken.Claim, Finish(), None);
        var before = await GetAsync("job");

        Assert.That(await Store.FinishAsync(claimed.Claim, Finish("FAILED"), None), Is.EqualTo(FinishResult.Lost));
        Assert.That((await GetAsync("job")).Attributes, Is.EquivalentTo(before.Attributes));
    }

    [Test]
    public async Task An_end_that_was_stored_before_is_recorded_and_stored_no_second_time()
    {
        var claimed = await ClaimNewAsync();
        await Store.FinishAsync(claimed.Claim, Finish(), None);
        var before = await GetAsync("job");

        Assert.That(await Store.FinishAsync(claimed.Claim, Finish(), None), Is.EqualTo(FinishResult.Recorded));
        Assert.That(await Store.FinishAsync(claimed.Claim, Finish("FAILED"), None), Is.EqualTo(FinishResult.Lost));
        Assert.That((await GetAsync("job")).Attributes, Is.EquivalentTo(before.Attributes));
    }

    [Test]
    public async Task A_row_that_was_deleted_under_us_is_never_created_again()
    {
        var claimed = await ClaimNewAsync();
        await ForeignDeleteAsync("job");

        Assert.That(await Store.RenewAsync(claimed.Claim, Now, "{}", None), Is.EqualTo(ClaimState.Lost));
        Assert.That(await Store.FinishAsync(claimed.Claim, Finish(), None), Is.EqualTo(FinishResult.Gone));
        Assert.That(await Store.ReleaseAsync(claimed.Claim, Release("PENDING", 0), None), Is.EqualTo(FinishResult.Gone));
        Assert.That(await Store.RequestCancelAsync("job", "now", None), Is.False);
        Assert.That(await Store.ClaimAsync(Request(claimed.Row), None), Is.Null);
        Assert.That(await Store.GetAsync("job", None), Is.Null);
    }

    [Test]
    public async Task A_job_that_is_given_back_can_be_claimed_again_and_burns_no_attempt()
    {
        var claimed = await ClaimNewAsync();

        var result = await Store.ReleaseAsync(claimed.Claim, Release("PENDING", 0), None);

        Assert.That(result, Is.EqualTo(FinishResult.Recorded));
        var row = await GetAsync("job");
        var expected = claimed.Row.With([
            new("status", S("PENDING")),
            new("worker_id", S("none")),
            new("claim_id", null),
            new("lock_expires_at", null),
            new("updated_at", S(Now.AddMinutes(4))),
            new("write_id", row.Raw("write_id")),
            new("attempt", N("0")),
            new("retry_count", N("0")),
            new("rechecks", N("2")),
            new("logs", S("{\"entries\":[{\"message\":\"released\"}]}")),
            new("attempts", S("[{\"end\":\"released\"}]")),
            new("version", N("3")),
        ]);
        Assert.That(row.Attributes, Is.EquivalentTo(expected.Attributes));
        var again = await Store.ClaimAsync(Request((await Store.ListCandidatesAsync(Query(), None)).Pending.Single()), None);
        Assert.That(again?.Row.Attempt, Is.EqualTo(1));
    }

    [Test]
    public async Task A_release_that_is_sent_again_is_known_for_the_same_and_not_for_a_lost_claim()
    {
        var claimed = await ClaimNewAsync();
        var release = Release("PENDING", 0);
        await Store.ReleaseAsync(claimed.Claim, release, None);

        var again = await Store.ReleaseAsync(claimed.Claim, release, None);

        Assert.That(again, Is.EqualTo(FinishResult.Recorded));
        Assert.That((await GetAsync("job")).Whole("version"), Is.EqualTo(3));
    }

    [TestCase("AWAITING_RECHECK")]
    [TestCase("PENDING")]
    public async Task A_job_that_waits_for_a_time_is_a_candidate_from_then_on(string status)
    {
        var claimed = await ClaimNewAsync();
        var due = Now.AddMinutes(6);

        await Store.ReleaseAsync(
            claimed.Claim, Release(status, 1, due) with { Attributes = new Dictionary<string, RowValue> { ["batch_id"] = S("b") } }, None);

        var before = await Store.ListCandidatesAsync(Query() with { Now = due.AddTicks(-10) }, None);
        var after = await Store.ListCandidatesAsync(Query() with { Now = due }, None);
        Assert.That(before.Pending.Concat(before.DueRechecks), Is.Empty);
        Assert.That(before.NextDue, Is.EqualTo(due));
        Assert.That(after.Pending.Concat(after.DueRechecks).Ids(), Is.EqualTo(["job"]));
        Assert.That(after.NextDue, Is.Null);
        var row = await GetAsync("job");
        Assert.That(row.NotBefore, Is.EqualTo(due));
        Assert.That(row.Text("batch_id"), Is.EqualTo("b"));
        Assert.That((await Store.ClaimAsync(Request(row), None))?.Row.Raw("not_before"), Is.Null);
    }

    [TestCaseSource(typeof(Jobs), nameof(Fixtures))]
    public async Task Attributes_that_are_not_ours_stay_byte_for_byte_through_a_whole_run(string fixture)
    {
        var given = Fixture(fixture);
        await Store.CreateAsync(given, None);

        var claimed = await Store.ClaimAsync(Request(given), None);
        if (claimed is not null)
        {
            await Store.RenewAsync(claimed.Claim, Now.AddMinutes(20), given.Raw("logs")?.Text, None);
            Assert.That(await Store.FinishAsync(claimed.Claim, Finish(), None), Is.EqualTo(FinishResult.Recorded));
        }

        Assert.That(claimed is null, Is.EqualTo(given.Status is not ("PENDING" or "PROCESSING" or "AWAITING_RECHECK")));
        var row = await GetAsync(given.Id);
        Assert.That(NotOurs(Canonical(row)), Is.EquivalentTo(NotOurs(Canonical(given))));
        Assert.That(NotOurs(given), Is.Not.Empty.Or.EqualTo(NotOurs(row)));
    }

    private static IEnumerable<KeyValuePair<string, RowValue>> NotOurs(JobRow row) => row.Attributes.Where(attribute =>
        attribute.Key is JobAttributes.JobId or JobAttributes.JobType or JobAttributes.CreatedAt || !JobAttributes.OwnedByHost.Contains(attribute.Key));

    private async Task<ClaimedJob> ClaimNewAsync(params (string Name, RowValue? Value)[] changes)
    {
        var row = Pending("job", changes);
        await Store.CreateAsync(row, None);
        return await Store.ClaimAsync(Request(row), None) ?? throw new AssertionException("The new job was not claimed.");
    }
}
