using System.Net;
using DelphiRunner.Engine.Stores;
using DelphiRunner.Engine.Stores.DynamoDb;
using DelphiRunner.Engine.Stores.Rows;
using DelphiRunner.TestServers;
using DelphiRunner.TestServers.DynamoDb;
using static DelphiRunner.Engine.Tests.Stores.Jobs;

namespace DelphiRunner.Engine.Tests.Stores.DynamoDb;

/// <summary>What goes wrong between the store and the table, made under the SDK, whose own retries stay real.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class FaultTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    private static DynamoDbServer _server = null!; // Set before the first test.

    private readonly FaultyConnection _connection = new();
    private JobQueueTable _table = null!; // Set before each test.
    private DynamoDbJobStore _store = null!; // Set before each test.

    private DynamoDbOptions Options => new()
    {
        Endpoint = _server.Endpoint,
        Table = _table.Name,
        Http = _connection,
        SlowGroupsInterval = TimeSpan.Zero,
        Limits = new CallLimits
        {
            Poll = TimeSpan.FromSeconds(4),
            Renewal = TimeSpan.FromSeconds(3),
            Claim = TimeSpan.FromSeconds(3),
            Write = TimeSpan.FromSeconds(3),
            Try = TimeSpan.FromSeconds(1),
        },
    };

    [OneTimeSetUp]
    public static async Task StartServer() => _server = await RequiredServers.StartAsync(ServerKind.Dynoxide);

    [OneTimeTearDown]
    public static async Task StopServer() => await _server.DisposeAsync();

    [SetUp]
    public async Task CreateStore()
    {
        _table = await _server.CreateTableAsync();
        _store = new DynamoDbJobStore(Options, TimeProvider.System);
    }

    [TearDown]
    public async Task CloseStore() => await _store.DisposeAsync();

    [Test]
    public async Task A_claim_whose_answer_was_lost_is_ours_and_is_stored_once()
    {
        await _store.CreateAsync(Pending("job"), None);
        LoseAnswersOf("UpdateItem", 1);

        var claimed = await _store.ClaimAsync(Request(Pending("job")), None);

        Assert.That(claimed?.Row.Attributes, Is.EquivalentTo((await RowAsync()).Attributes));
        Assert.That((await RowAsync()).RawVersion, Is.EqualTo(N("2")));
        Assert.That(_connection.FailedConditions, Is.EqualTo(1));
    }

    [Test]
    public async Task A_row_whose_creation_was_not_answered_is_created_and_one_that_was_there_is_not()
    {
        LoseAnswersOf("PutItem", 1);

        Assert.That(await _store.CreateAsync(Pending("job"), None));
        LoseAnswersOf("PutItem", 1);
        Assert.That(await _store.CreateAsync(Pending("job", ("conversation_id", S("other"))), None), Is.False);
        Assert.That((await RowAsync()).ConversationId, Is.EqualTo("39321"));
    }

    [Test]
    public async Task Every_write_of_a_job_is_stored_once_when_its_answer_is_lost()
    {
        await _store.CreateAsync(Pending("job"), None);
        LoseAnswersOf("UpdateItem", 1);
        var claimed = (await _store.ClaimAsync(Request(Pending("job")), None))!;
        LoseAnswersOf("UpdateItem", 1);
        Assert.That(await _store.RenewAsync(claimed.Claim, Now.AddMinutes(16), "{\"entries\":[]}", None), Is.EqualTo(ClaimState.Held));
        LoseAnswersOf("UpdateItem", 1);
        Assert.That(await _store.ReleaseAsync(claimed.Claim, Release("PENDING", 0), None), Is.EqualTo(FinishResult.Recorded));
        claimed = (await _store.ClaimAsync(Request(await RowAsync()), None))!;
        LoseAnswersOf("UpdateItem", 1);
        Assert.That(await _store.RequestCancelAsync("job", "now", None));
        LoseAnswersOf("UpdateItem", 1);
        Assert.That(await _store.RenewAsync(claimed.Claim, Now.AddMinutes(16), null, None), Is.EqualTo(ClaimState.CancelRequested));
        LoseAnswersOf("UpdateItem", 1);
        Assert.That(await _store.FinishAsync(claimed.Claim, Finish(), None), Is.EqualTo(FinishResult.Recorded));

        Assert.That((await RowAsync()).RawVersion, Is.EqualTo(N("5")), "claim, release, claim and end, each once");
    }

    [Test]
    public async Task Results_that_were_added_to_a_foreign_end_are_added_once_when_the_answer_is_lost()
    {
        var claimed = await ClaimNewAsync();
        await SetStatusAsync("FAILED");
        var updates = 0;
        _connection.After = (request, _) =>
            request.Operation == "UpdateItem" && Interlocked.Increment(ref updates) == 2 ? throw new HttpRequestException("The answer is lost.") : Task.CompletedTask;

        Assert.That(await _store.FinishAsync(claimed.Claim, Finish(), None), Is.EqualTo(FinishResult.ForeignEnd));
        Assert.That((await RowAsync()).RawVersion, Is.EqualTo(N("3")));
    }

    [Test]
    public async Task An_end_that_failed_with_its_answer_lost_is_recognised_when_it_is_sent_again()
    {
        var claimed = await ClaimNewAsync();
        LoseAnswersOf("UpdateItem", int.MaxValue);
        var release = Release("PENDING", 0);
        await Assert.ThatAsync(() => _store.ReleaseAsync(claimed.Claim, release, None), Throws.TypeOf<StoreException>());
        _connection.After = (_, _) => Task.CompletedTask;

        Assert.That(await _store.ReleaseAsync(claimed.Claim, release, None), Is.EqualTo(FinishResult.Recorded));
        Assert.That((await RowAsync()).RawVersion, Is.EqualTo(N("3")));
    }

    [Test]
    public async Task A_claim_that_never_had_an_answer_is_given_back_before_the_next_look()
    {
        var seen = Pending("job", ("not_before", S(Now.AddMinutes(-1))));
        await _store.CreateAsync(seen, None);
        LoseAnswersOf("UpdateItem", int.MaxValue);
        await Assert.ThatAsync(() => _store.ClaimAsync(Request(seen), None), Throws.TypeOf<StoreException>());
        _connection.After = (_, _) => Task.CompletedTask;

        var found = await _store.ListCandidatesAsync(Query(), None);

        Assert.That(found.Pending.Ids(), Is.EqualTo(["job"]));
        Assert.That(found.Processing, Is.Empty);
        var row = await RowAsync();
        var expected = seen.With([new("version", N("3")), new("write_id", row.Raw("write_id"))]);
        Assert.That(row.Attributes, Is.EquivalentTo(expected.Attributes));
        Assert.That((await _store.ClaimAsync(Request(found.Pending[0]), None))?.Row.Attempt, Is.EqualTo(1));
    }

    [Test]
    public async Task A_throttled_write_waits_and_succeeds_and_does_not_use_up_the_retries_of_others()
    {
        await _store.CreateAsync(Pending("job"), None);
        var left = 3;
        _connection.Before = (request, _) => Task.FromResult(
            request.Operation == "UpdateItem" && Interlocked.Decrement(ref left) >= 0 ? FaultyConnection.Throttled(_table.Name) : null);

        var claimed = await _store.ClaimAsync(Request(Pending("job")), None);

        Assert.That(claimed, Is.Not.Null);
        Assert.That(_connection.Count("UpdateItem"), Is.EqualTo(4));
    }

    [Test]
    public async Task Throttled_polls_cannot_disarm_a_renewal_or_an_end()
    {
        var claimed = await ClaimNewAsync();
        _connection.Before = (request, _) => Task.FromResult(request.Operation == "Query" ? FaultyConnection.Throttled($"{_table.Name}/index/StatusCreatedIndex") : null);
        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Assert.ThatAsync(() => _store.ListCandidatesAsync(Query(), None), Throws.TypeOf<StoreException>())));

        var left = 2;
        _connection.Before = (request, _) => Task.FromResult(
            request.Operation == "Query" || (request.Operation == "UpdateItem" && Interlocked.Decrement(ref left) >= 0) ? FaultyConnection.Throttled(_table.Name) : null);
        Assert.That(await _store.RenewAsync(claimed.Claim, Now.AddMinutes(16), null, None), Is.EqualTo(ClaimState.Held));
        Assert.That(await _store.FinishAsync(claimed.Claim, Finish(), None), Is.EqualTo(FinishResult.Recorded));
    }

    [Test]
    public async Task Throttling_that_lasts_is_an_error_that_names_what_was_throttled_and_why()
    {
        await _store.CreateAsync(Pending("job"), None);
        _connection.Before = (_, _) => Task.FromResult<HttpResponseMessage?>(FaultyConnection.Throttled($"{_table.Name}/index/JobTypeIndex"));

        await Assert.ThatAsync(
            () => _store.ClaimAsync(Request(Pending("job")), None),
            Throws.TypeOf<StoreException>().With.Message.Contains($"throttled (TableWriteKeyRangeThroughputExceeded at {_table.Name}/index/JobTypeIndex)"));
        await Assert.ThatAsync(() => _store.ListCandidatesAsync(Query(), None), Throws.TypeOf<StoreException>().With.Message.Contains("throttled"));
    }

    [Test]
    public async Task A_claim_waits_for_a_slow_answer_no_longer_than_its_limit_and_a_poll_neither()
    {
        await _store.CreateAsync(Pending("job"), None);
        _connection.Before = async (_, token) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, token);
            return null;
        };

        var since = TimeProvider.System.GetTimestamp();
        await Assert.ThatAsync(() => _store.ClaimAsync(Request(Pending("job")), None), Throws.TypeOf<StoreException>().With.Message.Contains("did not answer in time"));
        await Assert.ThatAsync(() => _store.ListCandidatesAsync(Query(), None), Throws.TypeOf<StoreException>());
        Assert.That(TimeProvider.System.GetElapsedTime(since), Is.LessThan(TimeSpan.FromSeconds(20)));
    }

    [Test]
    public async Task The_callers_token_ends_a_call_that_waits_and_is_no_error_of_the_store()
    {
        using var stopping = new CancellationTokenSource();
        _connection.Before = async (_, token) =>
        {
            await stopping.CancelAsync();
            await Task.Delay(Timeout.InfiniteTimeSpan, token);
            return null;
        };

        await Assert.ThatAsync(() => _store.ListCandidatesAsync(Query(), stopping.Token), Throws.InstanceOf<OperationCanceledException>());
    }

    [TestCase("reset")]
    [TestCase("time-out")]
    [TestCase("no json")]
    [TestCase("error 500")]
    public async Task A_write_survives_one_fault_of_any_kind(string fault)
    {
        await _store.CreateAsync(Pending("job"), None);
        var left = 1;
        _connection.Before = (request, _) => Interlocked.Decrement(ref left) < 0
            ? Task.FromResult<HttpResponseMessage?>(null)
            : fault switch
            {
                "reset" => throw new HttpRequestException("reset", new IOException("Connection reset by peer")),
                "time-out" => throw new TimeoutException("The request timed out."),
                "no json" => Task.FromResult<HttpResponseMessage?>(new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent("<html>a proxy</html>") }),
                _ => Task.FromResult<HttpResponseMessage?>(FaultyConnection.Refusal("InternalServerError", "broken", HttpStatusCode.InternalServerError)),
            };

        var claimed = await _store.ClaimAsync(Request(Pending("job")), None);

        Assert.That(claimed, Is.Not.Null);
        Assert.That(_connection.Count("UpdateItem"), Is.EqualTo(2));
    }

    [Test]
    public async Task Resets_without_end_are_an_error_within_the_limit_and_never_an_empty_queue()
    {
        await _store.CreateAsync(Pending("job"), None);
        _connection.Before = (_, _) => throw new HttpRequestException("reset", new IOException("Connection reset by peer"));

        await Assert.ThatAsync(
            () => _store.ListCandidatesAsync(Query(), None), Throws.TypeOf<StoreException>().With.Message.Contains("could not be reached"));
        Assert.That(_connection.Count("Query"), Is.LessThanOrEqualTo(12));
        await Assert.ThatAsync(() => _store.ListAsync(new JobFilter(), None), Throws.TypeOf<StoreException>());
        await Assert.ThatAsync(() => _store.GetAsync("job", None), Throws.TypeOf<StoreException>());
        await Assert.ThatAsync(() => _store.ProbeAsync(None), Throws.TypeOf<StoreException>());
    }

    [TestCase("ExpiredTokenException", "The credentials have expired")]
    [TestCase("UnrecognizedClientException", "The credentials were refused")]
    [TestCase("InvalidSignatureException", "The credentials were refused")]
    [TestCase("AccessDeniedException", "may not do this")]
    [TestCase("ResourceNotFoundException", "There is no such table in this region")]
    public async Task A_refusal_is_told_at_once_with_what_to_do(string code, string message)
    {
        _connection.Before = (_, _) => Task.FromResult<HttpResponseMessage?>(FaultyConnection.Refusal(code, "no"));

        await Assert.ThatAsync(() => _store.ListCandidatesAsync(Query(), None), Throws.TypeOf<StoreException>().With.Message.Contains(message));
        _connection.Before = (_, _) => Task.FromResult<HttpResponseMessage?>(FaultyConnection.Refusal(code, "no"));
        var before = _connection.Count("UpdateItem");
        await Assert.ThatAsync(
            () => _store.ClaimAsync(Request(Pending("job")), None),
            Throws.TypeOf<StoreException>().With.Message.Contains(message).And.Message.Contains(_table.Name));
        Assert.That(_connection.Count("UpdateItem") - before, Is.EqualTo(1), "another try would be refused, too");
    }

    [Test]
    public async Task A_probe_shows_that_writes_are_refused_while_reads_are_not()
    {
        _connection.Before = (request, _) => Task.FromResult(request.Operation == "UpdateItem" ? FaultyConnection.Refusal("AccessDeniedException", "dynamodb:UpdateItem") : null);

        await Assert.ThatAsync(() => _store.ProbeAsync(None), Throws.TypeOf<StoreException>().With.Message.Contains("dynamodb:UpdateItem"));
    }

    [Test]
    public async Task Old_pictures_of_an_index_that_lags_are_not_shown_again_after_our_own_writes()
    {
        var rows = Enumerable.Range(0, 20).Select(number => Pending($"job-{number:D2}")).ToList();
        await Task.WhenAll(rows.Select(row => _store.CreateAsync(row, None)));
        await using var lagging = new DynamoDbJobStore(Options with { Http = new LaggingIndex() }, TimeProvider.System);
        var before = await lagging.ListCandidatesAsync(Query(), None);
        var claims = new List<ClaimedJob>();
        foreach (var seen in before.Pending.Take(5))
        {
            claims.Add((await lagging.ClaimAsync(Request(seen), None))!);
        }

        await lagging.FinishAsync(claims[0].Claim, Finish(), None);
        await lagging.ReleaseAsync(claims[1].Claim, Release("PENDING", 0), None);
        var found = await lagging.ListCandidatesAsync(Query(), None);

        Assert.That(before.Pending, Has.Count.EqualTo(20));
        Assert.That(found.Pending.Ids(), Is.EqualTo(rows.Skip(5).Ids()));
        Assert.That((await _store.ListCandidatesAsync(Query(), None)).Pending.Ids(), Does.Contain("job-01"), "an index that has caught up shows it");
    }

    [Test]
    public async Task A_table_that_was_deleted_is_an_error_for_every_call_and_no_claim_is_taken_for_lost()
    {
        var claimed = await ClaimNewAsync();
        await _table.SendAsync("DeleteTable", []);

        await Assert.ThatAsync(() => _store.ListCandidatesAsync(Query(), None), Throws.TypeOf<StoreException>().With.Message.Contains("no such table"));
        await Assert.ThatAsync(() => _store.RenewAsync(claimed.Claim, Now, null, None), Throws.TypeOf<StoreException>());
        await Assert.ThatAsync(() => _store.FinishAsync(claimed.Claim, Finish(), None), Throws.TypeOf<StoreException>());
    }

    [Test]
    public async Task A_table_without_the_index_that_polls_read_is_an_error_that_names_it()
    {
        var request = TableDefinition.RequestFor("x");
        var name = $"OnlyConversations_{Guid.NewGuid():N}";
        await _table.SendAsync("DeleteTable", []);
        await _server.Requests.SendAsync("CreateTable", OneIndexTable.Request(name, request));
        await using var store = new DynamoDbJobStore(Options with { Table = name }, TimeProvider.System);

        await Assert.ThatAsync(() => store.ProbeAsync(None), Throws.TypeOf<StoreException>().With.Message.Contains("StatusCreatedIndex"));
        await Assert.ThatAsync(() => store.ListCandidatesAsync(Query(), None), Throws.TypeOf<StoreException>().With.Message.Contains("StatusCreatedIndex"));
    }

    [Test]
    public async Task An_endpoint_where_nobody_listens_is_an_error_that_says_so()
    {
        await using var store = new DynamoDbJobStore(Options with { Endpoint = new Uri("http://127.0.0.1:1"), Http = null }, TimeProvider.System);

        await Assert.ThatAsync(() => store.ListCandidatesAsync(Query(), None), Throws.TypeOf<StoreException>().With.Message.Contains("127.0.0.1:1").And.Message.Contains("could not be reached"));
    }

    [Test]
    public async Task Of_two_jobs_that_exclude_one_another_one_runs_although_the_index_lags_and_its_answers_are_slow()
    {
        await _store.CreateAsync(Pending("a"), None);
        await _store.CreateAsync(Pending("b"), None);
        var lag = TimeSpan.FromMilliseconds(200);

        var claims = await Task.WhenAll(new[] { "a", "b" }.Select(async id =>
        {
            var connection = new FaultyConnection { Before = OldPictures(2, 2 * lag) };
            await using var store = new DynamoDbJobStore(Options with { Http = connection, IndexLag = lag }, TimeProvider.System);
            return await store.ClaimAsync(Request(Pending(id), exclusiveBy: "conversation_id"), None);
        }));

        Assert.That(claims.Count(claimed => claimed is not null), Is.EqualTo(1));
    }

    [Test]
    public async Task A_job_that_yields_to_another_is_given_back_later_where_that_fails_at_first()
    {
        await _store.CreateAsync(Pending("a"), None);
        await _store.CreateAsync(Pending("job"), None);
        await _store.ClaimAsync(Request(Pending("a"), "another host"), None);
        var oldPicture = OldPictures(1, TimeSpan.Zero);
        var updates = 0;
        _connection.Before = (request, token) => request.Operation == "UpdateItem" && Interlocked.Increment(ref updates) == 2
            ? Task.FromResult<HttpResponseMessage?>(FaultyConnection.Refusal("ExpiredTokenException", "no"))
            : oldPicture(request, token);

        await Assert.ThatAsync(() => _store.ClaimAsync(Request(Pending("job"), exclusiveBy: "conversation_id"), None), Throws.TypeOf<StoreException>());
        var found = await _store.ListCandidatesAsync(Query(), None);

        Assert.That((await RowAsync()).Status, Is.EqualTo(JobStatuses.Pending));
        Assert.That(found.Processing.Ids(), Is.EqualTo(new[] { "a" }));
    }

    [TestCase("1e200")]
    [TestCase("1234567890123456789012345678901234567890")]
    public async Task A_number_of_a_handler_that_no_row_can_hold_is_an_invalid_row_and_no_fault_of_the_table(string number)
    {
        var claimed = await ClaimNewAsync();
        var attributes = new Dictionary<string, RowValue> { ["topics"] = N(number) };

        await Assert.ThatAsync(() => _store.FinishAsync(claimed.Claim, Finish() with { Attributes = attributes }, None), Throws.TypeOf<InvalidRowException>());
        await Assert.ThatAsync(
            () => _store.ReleaseAsync(claimed.Claim, Release("PENDING", 0) with { Attributes = attributes }, None), Throws.TypeOf<InvalidRowException>());
        Assert.That(await _store.FinishAsync(claimed.Claim, Finish(), None), Is.EqualTo(FinishResult.Recorded));
    }

    [Test]
    public async Task An_error_message_that_a_handler_sets_does_not_collide_with_that_of_the_end()
    {
        var claimed = await ClaimNewAsync();
        var finish = Finish("FAILED", "of the end") with { Attributes = new Dictionary<string, RowValue> { ["error_message"] = S("of the handler") } };

        Assert.That(await _store.FinishAsync(claimed.Claim, finish, None), Is.EqualTo(FinishResult.Recorded));
        Assert.That((await RowAsync()).Text("error_message"), Is.EqualTo("of the handler"));
    }

    [Test]
    public async Task Attributes_that_make_a_row_given_back_too_large_are_an_invalid_row()
    {
        var claimed = await ClaimNewAsync();
        var release = Release("AWAITING_RECHECK", 1) with { Attributes = new Dictionary<string, RowValue> { ["seen"] = S(new string('x', 410 * 1024)) } };

        await Assert.ThatAsync(() => _store.ReleaseAsync(claimed.Claim, release, None), Throws.TypeOf<InvalidRowException>());
    }

    [Test]
    public async Task Of_more_processing_rows_than_one_poll_gives_those_that_were_left_alone_longest_are_shown()
    {
        foreach (var number in Enumerable.Range(0, 12))
        {
            var updated = Now.AddMinutes(-number);
            await _store.CreateAsync(Pending($"job-{number:D2}", ("status", S("PROCESSING")), ("updated_at", S(updated)), ("created_at", S(Now.AddHours(number)))), None);
        }

        var found = await _store.ListCandidatesAsync(Query(limit: 3), None);

        Assert.That(found.Processing.Ids(), Is.EqualTo(new[] { "job-11", "job-10", "job-09" }));
    }

    /// <summary>Shows the first looks into an index as if nothing were in it yet, the last of them after a while.</summary>
    private static Func<SentRequest, CancellationToken, Task<HttpResponseMessage?>> OldPictures(int count, TimeSpan wait)
    {
        var looks = 0;
        return async (request, token) =>
        {
            if (request.Operation != "Query" || Interlocked.Increment(ref looks) is var look && look > count)
            {
                return null;
            }

            await Task.Delay(look == count ? wait : TimeSpan.Zero, token);
            return new HttpResponseMessage(HttpStatusCode.OK)
            {
                Content = new StringContent("""{"Count":0,"ScannedCount":0,"Items":[]}""", System.Text.Encoding.UTF8, "application/x-amz-json-1.0"),
            };
        };
    }

    private void LoseAnswersOf(string operation, int count)
    {
        var left = count;
        _connection.After = (request, _) =>
            request.Operation == operation && Interlocked.Decrement(ref left) >= 0 ? throw new HttpRequestException("The answer is lost.") : Task.CompletedTask;
    }

    private async Task<JobRow> RowAsync() => (await _store.GetAsync("job", None))!;

    private async Task<ClaimedJob> ClaimNewAsync()
    {
        await _store.CreateAsync(Pending("job"), None);
        return (await _store.ClaimAsync(Request(Pending("job")), None))!;
    }

    private async Task SetStatusAsync(string status)
    {
        var item = (await _table.GetAsync("job"))!;
        item["status"] = new System.Text.Json.Nodes.JsonObject { ["S"] = status };
        await _table.PutAsync(item);
    }
}
