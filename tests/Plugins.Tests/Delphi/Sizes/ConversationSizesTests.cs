using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using DelphiRunner.Contracts;
using DelphiRunner.Plugins.Delphi;
using DelphiRunner.Plugins.Delphi.Settings;
using DelphiRunner.Plugins.Delphi.Sizes;
using DelphiRunner.Plugins.Tests.Postgres;
using Microsoft.Extensions.Time.Testing;
using Npgsql;

namespace DelphiRunner.Plugins.Tests.Delphi.Sizes;

/// <summary>Sizes by the comments in a real PostgreSQL.</summary>
[NonParallelizable]
public sealed class ConversationSizesTests
{
    private readonly FakeTimeProvider _time = new(Ends.Start);
    private PostgresServer _server = null!;

    [OneTimeSetUp]
    public async Task Start_server()
    {
        _server = await PostgresServer.StartAsync();
        await _server.AddCommentsAsync(1, 4999);
        await _server.AddCommentsAsync(2, 5000);
        await _server.AddCommentsAsync(3, 5001);
    }

    [OneTimeTearDown]
    public async Task Stop_server()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    [TestCase("1", JobSize.Normal)]
    [TestCase("2", JobSize.Normal)]
    [TestCase("3", JobSize.Large)]
    [TestCase("4", JobSize.Normal)]
    [TestCase("0003", JobSize.Large)]
    public async Task A_conversation_with_more_than_5000_comments_is_large(string conversation, JobSize expected)
    {
        Assert.That(await SizeAsync(Sizes(), conversation), Is.EqualTo(expected));
    }

    [Test]
    public async Task The_limit_is_a_setting()
    {
        Assert.That(await SizeAsync(Sizes(new SizeSettings { LargeAbove = 4998 }), "1"), Is.EqualTo(JobSize.Large));
        Assert.That(await SizeAsync(Sizes(new SizeSettings { LargeAbove = 5001 }), "3"), Is.EqualTo(JobSize.Normal));
    }

    [TestCase("abc")]
    [TestCase("3; DROP TABLE comments")]
    [TestCase("-3")]
    [TestCase("9999999999")]
    [TestCase("")]
    [TestCase(null)]
    public async Task A_conversation_that_is_no_number_is_normal_and_nobody_is_asked(string? conversation)
    {
        var before = await _server.CountQueriesAsync();

        Assert.That(await SizeAsync(Sizes(), conversation), Is.EqualTo(JobSize.Normal));
        Assert.That(await _server.CountQueriesAsync(), Is.EqualTo(before));
    }

    [Test]
    public async Task A_conversation_is_counted_once_and_again_after_a_while()
    {
        var sizes = Sizes();
        var before = await _server.CountQueriesAsync();

        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => SizeAsync(sizes, "3")));
        _time.Advance(TimeSpan.FromMinutes(9));
        await SizeAsync(sizes, "3");
        var kept = await _server.CountQueriesAsync() - before;
        _time.Advance(TimeSpan.FromMinutes(1));
        await SizeAsync(sizes, "3");

        Assert.That(kept, Is.EqualTo(1));
        Assert.That(await _server.CountQueriesAsync() - before, Is.EqualTo(2));
    }

    [Test]
    public async Task No_more_than_ten_thousand_conversations_are_remembered_and_the_newest_are()
    {
        var sizes = Sizes();
        foreach (var conversation in Enumerable.Range(10, ConversationSizes.MostKept + 1))
        {
            await SizeAsync(sizes, conversation.ToString(CultureInfo.InvariantCulture));
            _time.Advance(TimeSpan.FromMilliseconds(1));
        }

        var before = await _server.CountQueriesAsync();
        await SizeAsync(sizes, (ConversationSizes.MostKept + 10).ToString(CultureInfo.InvariantCulture));
        await SizeAsync(sizes, (ConversationSizes.MostKept + 9).ToString(CultureInfo.InvariantCulture));
        var newest = await _server.CountQueriesAsync() - before;
        await SizeAsync(sizes, "10");

        Assert.That(newest, Is.Zero);
        Assert.That(await _server.CountQueriesAsync() - before, Is.EqualTo(1), "the oldest was forgotten");
    }

    [Test]
    public async Task All_handlers_share_one_connection()
    {
        var environment = Environment();
        IJobHandler[] handlers =
        [
            new FullPipelineHandler(environment), new CreateNarrativeBatchHandler(environment), new CheckNarrativeBatchHandler(environment),
            new NarrativeBatchHandler(environment),
        ];
        foreach (var handler in handlers)
        {
            await handler.ConfigureAsync(new HandlerSettings { Json = "{}", Folder = "/" }, CancellationToken.None);
        }

        var before = await _server.CountQueriesAsync();
        var connections = await CountConnectionsAsync();
        var sizes = await Task.WhenAll(
            from handler in handlers.Cast<IJobSizer>()
            from conversation in new[] { "1", "2", "3" }
            select handler.SizeAsync(JobRows.Make("ANY", conversation: conversation), CancellationToken.None));

        Assert.That(sizes.Chunk(3), Is.All.EqualTo(new[] { JobSize.Normal, JobSize.Normal, JobSize.Large }));
        Assert.That(await _server.CountQueriesAsync() - before, Is.EqualTo(3));
        Assert.That(await CountConnectionsAsync() - connections, Is.EqualTo(1), "and that one is encrypted, as DATABASE_SSL_MODE wants by default");
    }

    [Test]
    public async Task A_wrong_password_is_named_without_any_password()
    {
        var failure = await FailureAsync(Sizes(database: At(builder => builder.Password = "not the right one")));

        Assert.That(failure.Message, Is.EqualTo(
            $"The comments of conversations cannot be counted in the database 127.0.0.1:{_server.Port}/postgres: " +
            "password authentication failed for user \"polis\" (28P01)."));
        Assert.That(failure.ToString(), Does.Not.Contain("not the right one").And.Not.Contain(PostgresServer.Password));
    }

    [Test]
    public async Task A_missing_table_is_named()
    {
        await _server.QueryAsync("CREATE DATABASE empty");

        var failure = await FailureAsync(Sizes(database: At(builder => builder.Database = "empty")));

        Assert.That(failure.Message, Does.Contain("/empty: relation \"comments\" does not exist (42P01)."));
    }

    [Test]
    public async Task A_connection_that_was_cut_is_made_again_without_a_failure()
    {
        var sizes = Sizes();
        await SizeAsync(sizes, "1");

        await _server.StopAsync();
        await _server.StartAgainAsync();

        Assert.That(await SizeAsync(sizes, "3"), Is.EqualTo(JobSize.Large));
    }

    [Test]
    public async Task A_server_that_is_gone_is_named_and_left_alone_for_half_a_minute()
    {
        var sizes = Sizes();
        await SizeAsync(sizes, "1");
        await _server.StopAsync();

        CommentCountException gone, stillGone;
        try
        {
            gone = await FailureAsync(sizes);
            _time.Advance(ConversationSizes.Pause - TimeSpan.FromSeconds(1));
            Assert.That(await SizeAsync(sizes, "1"), Is.EqualTo(JobSize.Normal), "it was counted before");
        }
        finally
        {
            await _server.StartAgainAsync();
        }

        stillGone = await FailureAsync(sizes);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.That(gone.Message, Does.Contain($"127.0.0.1:{_server.Port}/postgres: Failed to connect").And.Contain("Connection refused"));
        Assert.That(stillGone.Message, Is.EqualTo(gone.Message));
        Assert.That(await SizeAsync(sizes, "3"), Is.EqualTo(JobSize.Large));
    }

    [Test]
    public async Task A_server_that_accepts_and_never_answers_is_given_up_in_time()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var port = ((IPEndPoint)silent.LocalEndpoint).Port;
        var sizes = Sizes(new SizeSettings { Timeout = TimeSpan.FromSeconds(1) }, At(builder => builder.Port = port));

        var watch = Stopwatch.StartNew();
        var failures = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => FailureAsync(sizes)));

        Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromSeconds(4)), "one waits, and the others learn from it");
        Assert.That(failures.Select(failure => failure.Message), Is.All.Contain($"127.0.0.1:{port}/postgres: no answer within 1 s."));
    }

    [Test]
    public async Task A_query_that_hangs_is_given_up_in_time_and_the_next_one_works()
    {
        var sizes = Sizes(new SizeSettings { Timeout = TimeSpan.FromSeconds(1) });
        await SizeAsync(sizes, "1");
        CommentCountException failure;
        await using (await _server.LockCommentsAsync())
        {
            var watch = Stopwatch.StartNew();
            failure = await FailureAsync(sizes);
            Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromSeconds(4)));
        }

        _time.Advance(ConversationSizes.Pause);

        Assert.That(failure.Message, Does.Contain("no answer within 1 s"));
        Assert.That(await SizeAsync(sizes, "3"), Is.EqualTo(JobSize.Large));
    }

    [Test]
    public async Task Nobody_waits_for_an_answer_that_is_not_wanted_any_more()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var port = ((IPEndPoint)silent.LocalEndpoint).Port;
        var sizes = Sizes(database: At(builder => builder.Port = port));
        using var stopping = new CancellationTokenSource();

        var answer = sizes.SizeAsync(JobRows.Make("ANY", conversation: "3"), stopping.Token);
        using var accepted = await silent.AcceptTcpClientAsync();
        await stopping.CancelAsync();

        Assert.That(async () => await answer.WaitAsync(TimeSpan.FromSeconds(3)), Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task Settings_that_cannot_be_used_fail_only_when_somebody_asks()
    {
        var sizes = new ConversationSizes(DatabaseSettings.Wrong("DATABASE_NAME is not set."), new SizeSettings(), _time);

        Assert.That((await FailureAsync(sizes)).Message, Does.Contain("DATABASE_NAME is not set."));
    }

    [Test]
    public async Task Without_a_database_every_job_is_normal()
    {
        var sizes = new ConversationSizes(DatabaseSettings.None, new SizeSettings(), _time);

        Assert.That(await SizeAsync(sizes, "3"), Is.EqualTo(JobSize.Normal));
    }

    private async Task<int> CountConnectionsAsync() => int.Parse(
        await _server.QueryAsync("SELECT COUNT(*) FROM pg_stat_activity JOIN pg_stat_ssl USING (pid) WHERE ssl AND application_name = 'delphi-runner'"),
        CultureInfo.InvariantCulture);

    private static async Task<JobSize> SizeAsync(ConversationSizes sizes, string? conversation) =>
        await sizes.SizeAsync(JobRows.Make("FULL_PIPELINE", conversation: conversation), CancellationToken.None);

    private static async Task<CommentCountException> FailureAsync(ConversationSizes sizes)
    {
        try
        {
            await SizeAsync(sizes, "3");
        }
        catch (CommentCountException failure)
        {
            return failure;
        }

        throw new AssertionException("Comments were counted.");
    }

    private ConversationSizes Sizes(SizeSettings? settings = null, DatabaseSettings? database = null) =>
        new(database ?? At(_ => { }), settings ?? new SizeSettings(), _time);

    private DatabaseSettings At(Action<NpgsqlConnectionStringBuilder> change)
    {
        var builder = new NpgsqlConnectionStringBuilder(
            DatabaseReader.Read(new SettingsSection("", null, []), Environment()).ConnectionString);
        change(builder);
        return DatabaseSettings.At($"{builder.Host}:{builder.Port}/{builder.Database}", builder.ConnectionString);
    }

    private Func<string, string?> Environment() => name => name switch
    {
        "DATABASE_HOST" => "127.0.0.1",
        "DATABASE_PORT" => _server.Port.ToString(CultureInfo.InvariantCulture),
        "DATABASE_NAME" => PostgresServer.Database,
        "DATABASE_USER" => PostgresServer.User,
        "DATABASE_PASSWORD" => PostgresServer.Password,
        _ => null,
    };
}
