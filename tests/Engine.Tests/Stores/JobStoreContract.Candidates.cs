using DelphiRunner.Engine.Stores;
using DelphiRunner.Engine.Stores.Rows;
using static DelphiRunner.Engine.Tests.Stores.Jobs;

namespace DelphiRunner.Engine.Tests.Stores;

internal abstract partial class JobStoreContract
{
    [Test]
    public async Task Pending_rows_come_by_priority_then_by_time_then_by_id()
    {
        await CreateAllAsync(
            Pending("unreadable", ("created_at", S("yesterday"))),
            Pending("b-second", ("created_at", S("2025-12-10T10:00:01.000Z"))),
            Pending("naive", ("created_at", S("2025-12-10T10:00:00.500000"))),
            Pending("offset", ("created_at", S("2025-12-10T12:00:00.250000+02:00"))),
            Pending("a-second", ("created_at", S("2025-12-10T10:00:01"))),
            Pending("missing", ("created_at", null)),
            Pending("urgent", ("priority", S("90"))),
            Pending("usual", ("priority", null), ("created_at", S("2025-12-10T09:00:00Z"))),
            Pending("low", ("priority", N("1")), ("created_at", S("2020-01-01T00:00:00Z"))));

        var found = await Store.ListCandidatesAsync(Query(), None);

        Assert.That(
            found.Pending.Ids(),
            Is.EqualTo(Polled("urgent", "usual", "offset", "naive", "a-second", "b-second", "missing", "unreadable", "low")));
        Assert.That(found.DueRechecks, Is.Empty);
        Assert.That(found.Processing, Is.Empty);
        Assert.That(found.NextDue, Is.Null);
    }

    [Test]
    public async Task A_pending_row_waits_for_its_time_and_keeps_its_priority_then()
    {
        await CreateAllAsync(
            Pending("usual"),
            Pending("due", ("not_before", S(Now)), ("priority", N("80"))),
            Pending("later", ("not_before", S(Now.AddMinutes(5))), ("priority", N("99"))),
            Pending("much-later", ("not_before", S(Now.AddHours(5)))),
            Pending("unreadable", ("not_before", S("soon")), ("priority", N("1"))));

        var found = await Store.ListCandidatesAsync(Query(), None);

        Assert.That(found.Pending.Ids(), Is.EqualTo(["due", "usual", "unreadable"]));
        Assert.That(found.NextDue, Is.EqualTo(Now.AddMinutes(5)));
    }

    [Test]
    public async Task Rechecks_come_when_they_are_due_and_foreign_ones_after_their_delay()
    {
        var recheck = ("status", (RowValue?)S("AWAITING_RECHECK"));
        await CreateAllAsync(
            Pending("own-due", recheck, ("not_before", S(Now.AddSeconds(-10)))),
            Pending("own-later", recheck, ("not_before", S(Now.AddMinutes(3)))),
            Pending("foreign-due", recheck, ("updated_at", S(Now.AddSeconds(-75)))),
            Pending("foreign-later", recheck, ("updated_at", S(Now.AddSeconds(-15)))),
            Pending("foreign-unreadable", recheck, ("updated_at", S("?"))));

        var found = await Store.ListCandidatesAsync(Query() with { ForeignRecheckDelay = TimeSpan.FromSeconds(60) }, None);

        Assert.That(found.DueRechecks.Ids(), Is.EqualTo(["foreign-unreadable", "foreign-due", "own-due"]));
        Assert.That(found.Pending, Is.Empty);
        Assert.That(found.NextDue, Is.EqualTo(Now.AddSeconds(45)));
    }

    [Test]
    public async Task Processing_rows_are_listed_and_rows_that_nobody_may_claim_are_not()
    {
        await CreateAllAsync(
            Pending("running", ("status", S("PROCESSING"))),
            Pending("done", ("status", S("COMPLETED")), ("lock_expires_at", S("2020-01-01T00:00:00.000000+00:00"))),
            Pending("failed", ("status", S("FAILED"))),
            Pending("cancelled", ("status", S("CANCELLED"))),
            Pending("lower", ("status", S("pending"))),
            Pending("none", ("status", null)));

        var found = await Store.ListCandidatesAsync(Query(), None);

        Assert.That(found.Processing.Ids(), Is.EqualTo(["running"]));
        Assert.That(found.Pending, Is.Empty);
        Assert.That(found.DueRechecks, Is.Empty);
    }

    [Test]
    public async Task Only_the_served_types_are_listed_and_a_missing_type_only_among_all()
    {
        var later = ("not_before", (RowValue?)S(Now.AddMinutes(1)));
        await CreateAllAsync(
            Pending("served"),
            Pending("unserved", ("job_type", S("OTHER"))),
            Pending("typeless", ("job_type", null)),
            Pending("running", ("status", S("PROCESSING")), ("job_type", S("OTHER"))),
            Pending("unserved-later", ("job_type", S("OTHER")), later));

        var some = await Store.ListCandidatesAsync(Query() with { JobTypes = new HashSet<string> { "FULL_PIPELINE" } }, None);
        var all = await Store.ListCandidatesAsync(Query(), None);

        Assert.That(some.Pending.Ids(), Is.EqualTo(["served"]));
        Assert.That(some.Processing, Is.Empty);
        Assert.That(some.NextDue, Is.Null);
        Assert.That(all.Pending.Ids(), Is.EqualTo(["served", "typeless", "unserved"]));
        Assert.That(all.Processing.Ids(), Is.EqualTo(["running"]));
        Assert.That(all.NextDue, Is.EqualTo(Now.AddMinutes(1)));
    }

    [Test]
    public async Task Rows_that_are_left_out_do_not_count_towards_the_limit()
    {
        await CreateAllAsync([.. Enumerable.Range(0, 20).Select(number => Pending($"job-{number:D2}"))]);
        var except = Enumerable.Range(0, 10).Select(number => $"job-{number:D2}").ToHashSet();

        var found = await Store.ListCandidatesAsync(Query(3) with { Except = except }, None);

        Assert.That(found.Pending.Ids(), Is.EqualTo(["job-10", "job-11", "job-12"]));
    }

    [Test]
    public async Task Candidates_carry_everything_but_logs_and_results()
    {
        var row = Pending("job", ("metadata", new RowValue(RowValueKind.M, "{\"a\":{\"N\":\"1\"}}")));
        await CreateAllAsync(row);

        var found = await Store.ListCandidatesAsync(Query() with { Attributes = new HashSet<string> { "metadata" } }, None);

        Assert.That(found.Pending.Single().Attributes, Is.EquivalentTo(row.With([new("logs", null), new("job_results", null)]).Attributes));
    }

    [Test]
    public async Task Candidates_are_the_rows_as_they_are_after_writes_of_any_process()
    {
        await CreateAllAsync(Pending("first"), Pending("second"), Pending("third", ("priority", N("99"))));
        await ForeignWriteAsync("first", ("status", S("FAILED")));
        await ForeignWriteAsync("second", ("priority", N("100")));

        var found = await Store.ListCandidatesAsync(Query(), None);

        Assert.That(found.Pending.Ids(), Is.EqualTo(["second", "third"]));
    }
}
