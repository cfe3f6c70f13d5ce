using DelphiRunner.Engine.Execution;
using DelphiRunner.Engine.Execution.Containment;

namespace DelphiRunner.Engine.Tests.Execution.Containment;

/// <summary>What is read of a cgroup with controllers, as the kernel writes it (Documentation/admin-guide/cgroup-v2.rst): few machines of tests have them.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class ControlGroupTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("delphi-group-").FullName;
    private readonly ControlGroups _owner;
    private readonly ControlGroupFiles _files;
    private readonly ControlGroup _group;

    public ControlGroupTests()
    {
        foreach (var file in new[] { "cgroup.procs", "cgroup.events", "cpu.stat", "memory.max", "memory.swap.max", "pids.max" })
            Write(file, "");
        _owner = new ControlGroups(_folder, ["memory", "pids"]);
        _files = new ControlGroupFiles(_folder);
        _group = new ControlGroup(_owner, _files);
    }

    public void Dispose()
    {
        _files.Dispose();
        _owner.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public void Processor_time_and_peak_memory_are_those_of_all_that_ran_in_it_and_not_sampled()
    {
        Write("cpu.stat", "usage_usec 1234567\nuser_usec 1000000\nsystem_usec 234567\n");
        Write("memory.peak", "104857600\n");

        using var meter = new AttemptMeter(int.MaxValue, _group, TimeProvider.System);
        var usage = meter.Read();

        Assert.That(usage, Is.EqualTo(new AttemptUsage { Cpu = TimeSpan.FromMicroseconds(1234567), PeakMemoryBytes = 100 << 20 }));
    }

    [TestCase("low 0\nhigh 0\nmax 12\noom 1\noom_kill 1\noom_group_kill 0\n", true)]
    [TestCase("low 0\nhigh 0\nmax 12\noom 1\noom_kill 0\noom_group_kill 0\n", false)]
    [TestCase(null, false)]
    public void Memory_ran_out_where_the_kernel_killed_for_want_of_it(string? events, bool expected)
    {
        if (events is not null)
            Write("memory.events", events);

        using var meter = new AttemptMeter(int.MaxValue, _group, TimeProvider.System);

        Assert.That(meter.Read().RanOutOfMemory, Is.EqualTo(expected));
    }

    [Test]
    public void Its_limits_are_written_as_the_kernel_wants_them_and_swap_is_no_way_around()
    {
        _group.Limit(512L << 20, 64);

        Assert.That(Read("memory.max"), Is.EqualTo("536870912"));
        Assert.That(Read("memory.swap.max"), Is.EqualTo("0"));
        Assert.That(Read("pids.max"), Is.EqualTo("64"));
    }

    [TestCase("memory.max")]
    [TestCase("pids.max")]
    public void A_limit_that_the_kernel_does_not_take_is_a_failure(string file)
    {
        File.Delete(Path.Combine(_folder, file));

        Assert.That(() => _group.Limit(512L << 20, 64), Throws.InstanceOf<IOException>().With.Message.Contains(file));
    }

    [Test]
    public void Only_what_ran_for_this_attempt_counts()
    {
        Write("cpu.stat", "usage_usec 1000000\n");

        var next = new ControlGroup(_owner, _files);
        Write("cpu.stat", "usage_usec 1500000\n");

        Assert.That(next.Cpu, Is.EqualTo(TimeSpan.FromMilliseconds(500)));
    }

    [TestCase("populated 0\nfrozen 0\n", true)]
    [TestCase("populated 1\nfrozen 0\n", false)]
    public void It_is_empty_when_the_kernel_says_so(string events, bool expected)
    {
        Write("cgroup.events", events);

        Assert.That(_group.IsEmpty, Is.EqualTo(expected));
    }

    [Test]
    public void What_no_controller_counts_is_not_known()
    {
        Assert.That(_group.Cpu, Is.Null);
        Assert.That(_group.PeakMemoryBytes, Is.Null);
    }

    private void Write(string file, string text) => File.WriteAllText(Path.Combine(_folder, file), text);

    private string Read(string file) => File.ReadAllText(Path.Combine(_folder, file));
}
