using DelphiRunner.Contracts;
using DelphiRunner.Engine.Polling;
using DelphiRunner.Engine.Stores.Rows;
using DelphiRunner.Engine.Tests.Plugins;
using Microsoft.Extensions.Time.Testing;

namespace DelphiRunner.Engine.Tests.Polling;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class SizeQuestionsTests : IDisposable
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);
    private static readonly JobRow Row = Rows.Row("a", "PENDING");

    private readonly FakeTimeProvider _time = new(Rows.Noon);
    private readonly RecordedLog _log = new();

    [Test]
    public async Task An_answer_holds_for_five_minutes()
    {
        var questions = Ask((job, _) => Task.FromResult(job.Id == "a" ? JobSize.Large : JobSize.Normal));

        Assert.That(await questions.AskAsync(Row, CancellationToken.None), Is.EqualTo(new SizeAnswer(JobSize.Large, TimeSpan.FromMinutes(5))));
    }

    [Test]
    public async Task A_size_that_this_host_does_not_know_is_normal()
    {
        var questions = Ask((_, _) => Task.FromResult((JobSize)7));

        Assert.That((await questions.AskAsync(Row, CancellationToken.None)).Size, Is.EqualTo(JobSize.Normal));
        Assert.That(_log.Events, Is.Empty);
    }

    [Test]
    public async Task An_exception_means_normal_for_a_minute_and_is_logged_once_an_hour_for_each_text()
    {
        var reason = "first";
        var questions = Ask((_, _) => throw new InvalidOperationException(reason));

        var answers = new List<SizeAnswer>();
        foreach (var (text, later) in new[] { ("first", 0), ("first", 30), ("second", 0), ("first", 29), ("first", 1) })
        {
            _time.Advance(TimeSpan.FromMinutes(later));
            reason = text;
            answers.Add(await questions.AskAsync(Row, CancellationToken.None));
        }

        Assert.That(answers, Is.All.EqualTo(new SizeAnswer(JobSize.Normal, TimeSpan.FromMinutes(1))));
        Assert.That(_log.Events.Select(logged => logged.Name), Is.All.EqualTo("SizeUnknown"));
        Assert.That(_log.Events.Select(logged => logged.Text.Split(": ")[^1]), Is.EqualTo(new[] { "first", "second", "first" }));
    }

    [Test]
    public async Task A_failure_is_one_line_of_the_log()
    {
        var questions = Ask((_, _) => throw new InvalidOperationException("one\n2026-01-01 ERR forged\r\nthree"));

        await questions.AskAsync(Row, CancellationToken.None);

        Assert.That(_log.Events.Single().Text, Does.EndWith("one 2026-01-01 ERR forged three"));
    }

    [Test]
    public async Task A_handler_that_names_each_job_in_its_error_cannot_fill_the_log()
    {
        var number = 0;
        var questions = Ask((_, _) => Task.FromException<JobSize>(new InvalidOperationException($"Job {number++}")));

        foreach (var _ in Enumerable.Range(0, 200))
        {
            await questions.AskAsync(Row, CancellationToken.None);
        }

        Assert.That(number, Is.EqualTo(200));
        Assert.That(_log.Events, Has.Count.EqualTo(33));
    }

    [Test]
    public async Task A_call_that_hangs_means_normal_and_no_other_is_made_while_it_hangs_and_for_a_minute()
    {
        var calls = 0;
        using var called = new SemaphoreSlim(0);
        var end = new TaskCompletionSource<JobSize>();
        var questions = Ask((_, _) =>
        {
            calls++;
            called.Release();
            return end.Task;
        });

        var first = questions.AskAsync(Row, CancellationToken.None);
        Assert.That(await called.WaitAsync(Soon), Is.True);
        _time.Advance(SizeQuestions.Limit);
        var answer = await first.WaitAsync(Soon);
        _time.Advance(TimeSpan.FromHours(1));
        var whileHanging = await questions.AskAsync(Row, CancellationToken.None).WaitAsync(Soon);
        end.SetResult(JobSize.Large);
        var afterwards = await AskUntilCalledAsync(questions, called);

        Assert.That(answer, Is.EqualTo(new SizeAnswer(JobSize.Normal, SizeQuestions.Pause)));
        Assert.That(whileHanging.Size, Is.EqualTo(JobSize.Normal));
        Assert.That(afterwards.Size, Is.EqualTo(JobSize.Large));
        Assert.That(calls, Is.EqualTo(2));
        Assert.That(_log.Events.Single().Text, Does.EndWith("no answer within 10 s"));
    }

    [Test]
    public async Task A_handler_that_did_not_answer_in_time_is_left_alone_for_a_minute()
    {
        var calls = 0;
        using var called = new SemaphoreSlim(0);
        var end = new TaskCompletionSource();
        var questions = Ask(async (_, answerToken) =>
        {
            calls++;
            called.Release();
            await end.Task.WaitAsync(answerToken);
            return JobSize.Large;
        });
        var first = questions.AskAsync(Row, CancellationToken.None);
        Assert.That(await called.WaitAsync(Soon), Is.True);
        _time.Advance(SizeQuestions.Limit);
        await first.WaitAsync(Soon);

        await questions.AskAsync(Row, CancellationToken.None).WaitAsync(Soon);
        var callsInThePause = calls;
        _time.Advance(SizeQuestions.Pause);
        end.SetResult();
        var later = await AskUntilCalledAsync(questions, called);

        Assert.That(callsInThePause, Is.EqualTo(1));
        Assert.That(later.Size, Is.EqualTo(JobSize.Large));
    }

    [Test]
    public async Task No_more_than_four_calls_are_made_at_once()
    {
        var now = 0;
        var most = 0;
        var gate = new Lock();
        var release = new TaskCompletionSource();
        using var started = new SemaphoreSlim(0);
        var questions = Ask(async (_, _) =>
        {
            lock (gate)
            {
                most = Math.Max(most, ++now);
            }

            started.Release();
            await release.Task;
            lock (gate)
            {
                now--;
            }

            return JobSize.Normal;
        });

        var all = Enumerable.Range(0, 20).Select(_ => questions.AskAsync(Row, CancellationToken.None)).ToList();
        foreach (var _ in Enumerable.Range(0, 4))
        {
            Assert.That(await started.WaitAsync(Soon), Is.True);
        }

        release.SetResult();
        await Task.WhenAll(all).WaitAsync(Soon);

        Assert.That(most, Is.EqualTo(4));
    }

    [Test]
    public void A_stop_of_the_host_ends_the_question()
    {
        using var stopping = new CancellationTokenSource();
        var questions = Ask((_, _) => new TaskCompletionSource<JobSize>().Task);

        var answer = questions.AskAsync(Row, stopping.Token);
        stopping.Cancel();

        Assert.That(async () => await answer.WaitAsync(Soon), Throws.InstanceOf<OperationCanceledException>());
    }

    // That a call has ended is seen a moment later than by whoever ended it.
    private static async Task<SizeAnswer> AskUntilCalledAsync(SizeQuestions questions, SemaphoreSlim called)
    {
        while (true)
        {
            var answer = await questions.AskAsync(Row, CancellationToken.None).WaitAsync(Soon);
            if (called.Wait(0))
            {
                return answer;
            }

            await Task.Yield();
        }
    }

    public void Dispose() => _log.Dispose();

    private SizeQuestions Ask(Func<Job, CancellationToken, Task<JobSize>> tell) => new(new FixedSizer(tell), _time, _log);
}
