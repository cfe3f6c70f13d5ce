using System.Collections.Concurrent;
using DelphiRunner.Contracts;
using DelphiRunner.Engine.Polling;
using DelphiRunner.Engine.Stores;
using DelphiRunner.Engine.Stores.Rows;
using DelphiRunner.Engine.Stores.Sqlite;
using DelphiRunner.Engine.Tests.Plugins;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace DelphiRunner.Engine.Tests.Polling;

/// <summary>The poller on a real SQLite file, with jobs of different sizes. Jobs of the type SIZED are large if their id says so.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class SizedJobsTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    private readonly ConcurrentQueue<string> _started = new();
    private readonly ConcurrentDictionary<string, int> _asked = new();
    private readonly RecordedLog _log = new();
    private string _folder = "";
    private SqliteJobStore _store = null!;
    private Heartbeat _heartbeat = null!;
    private JobLines _lines = null!;

    [SetUp]
    public void Open()
    {
        _folder = Directory.CreateTempSubdirectory("delphi-runner-").FullName;
        _store = new SqliteJobStore(Path.Combine(_folder, "queue.db"), TimeProvider.System);
        _heartbeat = new Heartbeat(_store, TimeSpan.FromMinutes(2), TimeProvider.System, NullLogger<Heartbeat>.Instance);
        _lines = new JobLines(Stream.Null, TimeProvider.System, NullLogger<JobLines>.Instance);
    }

    [TearDown]
    public async Task Close()
    {
        _heartbeat.Dispose();
        await _lines.DisposeAsync();
        await _store.DisposeAsync();
        _log.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [TestCase("small", InstanceRule.Strict, "normal")]
    [TestCase("large", InstanceRule.Strict, "large")]
    [TestCase("large", InstanceRule.LargeOnly, "large")]
    [TestCase("dev", InstanceRule.Strict, "large normal")]
    [TestCase("small", InstanceRule.LargeOnly, "large normal")]
    [TestCase(null, InstanceRule.Strict, "large normal")]
    public async Task An_instance_runs_what_its_rule_says(string? size, InstanceRule rule, string expected)
    {
        await CreateAsync("large", "normal");

        await Poller(new InstanceOptions { Size = size, Rule = rule }).RunAsync(FinishAsync, CancellationToken.None).WaitAsync(Soon);

        Assert.That(_started.Order(StringComparer.Ordinal), Is.EqualTo(expected.Split(' ')));
    }

    [Test]
    public async Task Hosts_without_a_rule_that_sorts_out_ask_nobody()
    {
        await CreateAsync("large", "normal");

        foreach (var instance in new[] { new InstanceOptions(), new() { Size = "dev" }, new() { Size = "small", Rule = InstanceRule.LargeOnly } })
        {
            await Poller(instance).RunAsync(FinishAsync, CancellationToken.None).WaitAsync(Soon);
        }

        Assert.That(_started, Has.Count.EqualTo(2));
        Assert.That(_asked, Is.Empty);
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task Three_hundred_jobs_that_do_not_suit_do_not_block_one_behind_them(bool once)
    {
        await CreateAsync([.. Enumerable.Range(0, 300).Select(number => $"large-{number}"), "normal"]);
        using var stopping = new CancellationTokenSource();
        var ran = new TaskCompletionSource();

        // Longer than the test waits: the poller has to go on to the next page by itself.
        var running = Poller(new InstanceOptions { Size = "small" }, once, interval: TimeSpan.FromMinutes(5)).RunAsync(
            async job =>
            {
                await FinishAsync(job);
                ran.SetResult();
            },
            stopping.Token);
        await ran.Task.WaitAsync(Soon);
        await (once ? Task.CompletedTask : stopping.CancelAsync());
        await running.WaitAsync(Soon);

        Assert.That(_started, Is.EqualTo(new[] { "normal" }));
        Assert.That(_asked.Values, Is.All.EqualTo(1));
        Assert.That(_asked, Has.Count.EqualTo(301));
    }

    [Test]
    public async Task Three_hundred_jobs_whose_handler_tells_no_size_do_not_block_a_large_one_behind_them()
    {
        await CreateOthersAsync([.. Enumerable.Range(0, 300).Select(number => $"other-{number}")]);
        await CreateAsync("large");

        await Poller(new InstanceOptions { Size = "large" }, interval: TimeSpan.FromMinutes(5)).RunAsync(FinishAsync, CancellationToken.None).WaitAsync(Soon);

        Assert.That(_started, Is.EqualTo(new[] { "large" }));
    }

    [Test]
    public async Task A_job_that_does_not_suit_is_named_once_and_not_at_each_poll()
    {
        await CreateAsync("large");
        var polls = 0;
        var poller = Poller(new InstanceOptions { Size = "small" }, once: false);

        while (polls < 20 || _asked.IsEmpty || Skips().Count == 0)
        {
            await poller.TurnAsync(FinishAsync, CancellationToken.None);
            polls++;
            await Task.Yield();
        }

        Assert.That(Skips(), Is.EqualTo(new[] { "Worker instance type 'small' cannot process job 'large' of size 'large'. Skipping for now." }));
        Assert.That(_started, Is.Empty);
        Assert.That(_asked["large"], Is.EqualTo(1));
    }

    [Test]
    public async Task A_job_whose_handler_fails_counts_as_normal_and_the_failure_is_logged_once()
    {
        await CreateAsync("broken-1", "broken-2", "broken-3");

        await Poller(new InstanceOptions { Size = "small" }).RunAsync(FinishAsync, CancellationToken.None).WaitAsync(Soon);

        Assert.That(_started, Has.Count.EqualTo(3));
        Assert.That(
            _log.Events.Where(logged => logged.Name == "SizeUnknown").Select(logged => logged.Text).Single(),
            Does.EndWith("could not tell the size of a job, which counts as normal now: InvalidOperationException: The database is gone."));
    }

    [Test]
    public async Task A_question_that_hangs_holds_up_no_job_of_another_type()
    {
        await CreateAsync([.. Enumerable.Range(0, 300).Select(number => $"hanging-{number}")]);
        await CreateOthersAsync("other");
        using var stopping = new CancellationTokenSource();
        var ran = new TaskCompletionSource();

        var running = Poller(new InstanceOptions { Size = "small" }, once: false, interval: TimeSpan.FromMilliseconds(50)).RunAsync(
            async job =>
            {
                await FinishAsync(job);
                ran.SetResult();
            },
            stopping.Token);
        await ran.Task.WaitAsync(SizeQuestions.Limit);
        await stopping.CancelAsync();
        await running.WaitAsync(Soon);

        Assert.That(_started, Is.EqualTo(new[] { "other" }));
        Assert.That(_asked, Has.Count.EqualTo(4), "no more than four questions at once");
    }

    [Test]
    public async Task A_run_that_ends_when_nothing_is_due_waits_for_the_answers()
    {
        await CreateAsync("slow-normal");
        var answer = new TaskCompletionSource();
        var asked = new TaskCompletionSource();

        var running = Poller(new InstanceOptions { Size = "small" }, slow: async () =>
        {
            asked.SetResult();
            await answer.Task;
        }).RunAsync(FinishAsync, CancellationToken.None);
        await asked.Task.WaitAsync(Soon);
        var endedEarly = running.IsCompleted;
        answer.SetResult();
        await running.WaitAsync(Soon);

        Assert.That(endedEarly, Is.False);
        Assert.That(_started, Is.EqualTo(new[] { "slow-normal" }));
    }

    private List<string> Skips() => [.. _log.Events.Where(logged => logged.Name == "JobNotSuited").Select(logged => logged.Text)];

    private JobPoller Poller(InstanceOptions instance, bool once = true, TimeSpan? interval = null, Func<Task>? slow = null)
    {
        var sizer = new FixedSizer(async (job, answerToken) =>
        {
            _asked.AddOrUpdate(job.Id, 1, (_, count) => count + 1);
            var kind = job.Id.Split('-')[0];
            await (kind switch
            {
                "slow" => slow!(),
                "hanging" => Task.Delay(Timeout.InfiniteTimeSpan, answerToken),
                "broken" => throw new InvalidOperationException("The database is gone."),
                _ => Task.CompletedTask,
            });
            return kind == "large" ? JobSize.Large : JobSize.Normal;
        });
        var served = new ServedJobs
        {
            JobTypes = new HashSet<string> { "SIZED", "OTHER" },
            Instance = instance,
            SizerOf = jobType => jobType == "SIZED" ? sizer : null,
        };
        return new JobPoller(
            _store,
            served,
            new PollerOptions { WorkerId = "w", State = Path.GetTempPath(), Slots = 4, Interval = interval ?? TimeSpan.FromMilliseconds(50), Once = once },
            _heartbeat,
            _lines,
            TimeProvider.System,
            new Logger<JobPoller>(_log));
    }

    private Task CreateAsync(params string[] ids) => CreateAllAsync("SIZED", ids);

    private Task CreateOthersAsync(params string[] ids) => CreateAllAsync("OTHER", ids);

    private async Task CreateAllAsync(string jobType, string[] ids)
    {
        foreach (var id in ids)
        {
            await _store.CreateAsync(NewRow.Of(new NewJob { Id = id, Type = jobType }, "test", DateTimeOffset.UtcNow), CancellationToken.None);
        }
    }

    private async Task FinishAsync(RunningJob job)
    {
        _started.Enqueue(job.Claimed.Row.Id);
        job.IsFinishing = true;
        await _store.FinishAsync(job.Claimed.Claim, Stores.Jobs.Finish(), CancellationToken.None);
    }
}
