using DelphiRunner.Engine.Stores;
using static DelphiRunner.Engine.Tests.Stores.Jobs;

namespace DelphiRunner.Engine.Tests.Stores;

internal abstract partial class JobStoreContract
{
    [Test]
    public async Task A_list_is_newest_first_and_rows_without_a_time_come_last()
    {
        await CreateAllAsync(
            Pending("unreadable-b", ("created_at", S("?"))),
            Pending("old", ("created_at", S("2025-01-01T00:00:00.000Z"))),
            Pending("b-same", ("created_at", S("2025-06-01T00:00:00"))),
            Pending("new", ("created_at", S("2025-12-01T02:00:00.000000+02:00"))),
            Pending("a-same", ("created_at", S("2025-06-01T00:00:00.000Z"))),
            Pending("missing-a", ("created_at", null)));

        var page = await Store.ListAsync(new JobFilter(), None);

        Assert.That(page.Rows.Ids(), Is.EqualTo(["new", "a-same", "b-same", "old", "missing-a", "unreadable-b"]));
        Assert.That(page.Next, Is.Null);
        Assert.That(page.Rows[0].Text("logs"), Is.EqualTo("{\"entries\":[]}"));
    }

    [Test]
    public async Task Filters_are_joined_by_and()
    {
        await CreateAllAsync(
            Pending("a", ("status", S("COMPLETED"))),
            Pending("b", ("status", S("FAILED"))),
            Pending("c", ("conversation_id", S("1"))),
            Pending("d", ("conversation_id", N("1"))),
            Pending("e", ("job_type", S("OTHER"))),
            Pending("f", ("status", S("CANCELLED"))),
            Pending("g", ("status", null)),
            Pending("h", ("status", S(""))),
            Pending("i", ("status", S("FAILED")), ("job_type", S("OTHER")), ("conversation_id", S("1"))));

        Assert.That(await IdsOfAsync(new JobFilter { Status = "COMPLETED" }), Is.EqualTo(Held("a")));
        Assert.That(await IdsOfAsync(new JobFilter { Status = "FAILED" }), Is.EqualTo(Held("b", "i")));
        Assert.That(await IdsOfAsync(new JobFilter { Status = "CANCELLED" }), Is.EqualTo(Held("f")));
        Assert.That(await IdsOfAsync(new JobFilter { Status = "" }), Is.EqualTo(Held("g", "h")));
        Assert.That(await IdsOfAsync(new JobFilter { Status = "PENDING", JobType = "FULL_PIPELINE" }), Is.EqualTo(Held("c", "d")));
        Assert.That(await IdsOfAsync(new JobFilter { ConversationId = "1" }), Is.EqualTo(Held("c", "d", "i")));
        Assert.That(await IdsOfAsync(new JobFilter { ConversationId = "1", Status = "FAILED", JobType = "OTHER" }), Is.EqualTo(Held("i")));
        Assert.That(await IdsOfAsync(new JobFilter { JobType = "NOTHING" }), Is.EqualTo(EmptyIds));
    }

    [Test]
    public async Task Pages_give_each_row_once_while_others_are_created_and_deleted()
    {
        await CreateAllAsync([.. Enumerable.Range(0, 25).Select(number => Pending(
            $"job-{number:D2}", ("created_at", number < 20 ? S(Now.AddMinutes(-number / 2)) : null)))]);
        var seen = new List<string>();
        var sizes = new List<int>();
        string? next = null;
        do
        {
            var page = await Store.ListAsync(new JobFilter { Limit = 4, After = next, JobType = "FULL_PIPELINE" }, None);
            seen.AddRange(page.Rows.Ids());
            sizes.Add(page.Rows.Count);
            next = page.Next;
            await Store.CreateAsync(Pending($"newer-{sizes.Count}", ("created_at", S(Now.AddHours(1)))), None);
            await ForeignDeleteAsync(seen[^1]);
        }
        while (next is not null);

        Assert.That(seen, Is.EqualTo(Enumerable.Range(0, 25).Select(number => $"job-{number:D2}")));
        Assert.That(sizes, Is.EqualTo([4, 4, 4, 4, 4, 4, 1]));
    }

    [Test]
    public async Task A_full_last_page_has_no_next_one()
    {
        await CreateAllAsync(Pending("a"), Pending("b"));

        var page = await Store.ListAsync(new JobFilter { Limit = 2 }, None);

        Assert.That(page.Rows, Has.Count.EqualTo(2));
        Assert.That(page.Next, Is.Null);
    }

    [TestCase("")]
    [TestCase("nonsense!")]
    [TestCase("bm9uc2Vuc2U")]
    public async Task A_page_that_this_store_never_gave_is_an_error_of_the_caller(string token)
    {
        await Assert.ThatAsync(() => Store.ListAsync(new JobFilter { After = token }, None), Throws.ArgumentException.With.Message.Contains(token));
    }

    [TestCase(0)]
    [TestCase(1001)]
    public async Task A_limit_out_of_range_is_an_error_of_the_caller(int limit)
    {
        await Assert.ThatAsync(() => Store.ListAsync(new JobFilter { Limit = limit }, None), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    private async Task<string[]> IdsOfAsync(JobFilter filter) => (await Store.ListAsync(filter, None)).Rows.Ids();
}
