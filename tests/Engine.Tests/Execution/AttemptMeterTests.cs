using DelphiRunner.Engine.Execution;

namespace DelphiRunner.Engine.Tests.Execution;

[Platform("Linux")]
public sealed class AttemptMeterTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Test]
    public async Task A_look_that_takes_longer_than_a_second_keeps_no_other_thread_waiting_for_the_next()
    {
        var time = new TimerOfTest();
        var looks = 0;
        var isLooking = new TaskCompletionSource();
        using var mayEnd = new ManualResetEventSlim();
        using var meter = new AttemptMeter(Environment.ProcessId, null, time)
        {
            OnLook = () =>
            {
                Interlocked.Increment(ref looks);
                isLooking.TrySetResult();
                mayEnd.Wait();
            },
        };
        var first = Task.Run(time.Fire);
        await isLooking.Task;

        var second = Task.Run(time.Fire);
        await second.WaitAsync(Patience).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var isOver = second.IsCompleted;
        mayEnd.Set();
        await Task.WhenAll(first, second);

        Assert.That(isOver, Is.True);
        Assert.That(looks, Is.EqualTo(1));
    }

    /// <summary>Has one timer, which the test fires.</summary>
    private sealed class TimerOfTest : TimeProvider
    {
        private TimerCallback? _callback;

        public void Fire() => _callback!(null);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _callback = callback;
            return base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }
}
