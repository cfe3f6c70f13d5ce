using System.Globalization;
using DelphiRunner.Runner.Configuration;

namespace DelphiRunner.Runner.Tests;

/// <summary>The host's own log on standard error.</summary>
[NonParallelizable]
internal sealed class HostLogTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    private TextWriter _before = null!;
    private string _folder = null!;
    private WaitingWriter _written = null!;

    [SetUp]
    public void Redirect()
    {
        _before = Console.Error;
        _folder = Directory.CreateTempSubdirectory("delphi-runner-").FullName;
        _written = new WaitingWriter();
        Console.SetError(_written);
    }

    [TearDown]
    public void GiveBack()
    {
        Console.SetError(_before);
        _written.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public async Task What_a_row_holds_forges_no_line_and_steers_no_terminal()
    {
        await using (var log = HostLog.Open(new LoggingOptions(), Soon))
        {
            log.Logger.Information("Job {JobId} ended", "a\n2026-11-24 04:00:00.000 FTL forged\u001b[31m");
        }

        Assert.That(_written.ToString().Trim().Split('\n'), Has.Length.EqualTo(1));
        Assert.That(_written.ToString(), Does.Contain("Job a\uFFFD2026-11-24 04:00:00.000 FTL forged\uFFFD[31m ended"));
    }

    [Test]
    public async Task What_an_exception_quotes_forges_no_line_and_steers_no_terminal()
    {
        var inner = new FormatException("'1\r\n2026-11-24 04:00:00.000 FTL forged\u001b[31m\u009b2J\u2028\tand more' is no number");
        await using (var log = HostLog.Open(new LoggingOptions(), Soon))
        {
            log.Logger.Error(Thrown(new InvalidOperationException("a\nb", inner)), "Job {JobId} failed", "a");
            log.Logger.Information("Next");
        }

        var lines = _written.ToString().Split(Environment.NewLine)[..^1];
        Assert.That(lines[0], Does.EndWith(" ERR Job a failed"));
        Assert.That(lines[1], Is.EqualTo("    System.InvalidOperationException: a"));
        Assert.That(lines[^1], Does.EndWith(" INF Next"));
        Assert.That(lines[1..^1], Is.All.StartsWith("    ").And.Some.Contains("HostLogTests.Thrown"));
        Assert.That(lines, Has.Some.EqualTo("    2026-11-24 04:00:00.000 FTL forged\uFFFD[31m\uFFFD2J"));
        Assert.That(string.Concat(lines).Where(letter => char.IsControl(letter) && letter != '\t'), Is.Empty);
    }

    [Test]
    public async Task A_file_that_has_become_large_is_followed_by_another()
    {
        var name = Path.Combine(_folder, "host.json");
        foreach (var file in FilesOfTheDay(name))
        {
            await using var large = File.Create(file);
            large.SetLength(1L << 30); // Takes no room on the disk.
        }

        await using (var log = HostLog.Open(new LoggingOptions { File = name }, Soon))
        {
            log.Logger.Information("Line");
        }

        var next = Directory.GetFiles(_folder, "*_001.json").Single();
        Assert.That(await File.ReadAllTextAsync(next), Does.Contain("\"@mt\":\"Line\""));
        Assert.That(FilesOfTheDay(name).Select(file => new FileInfo(file).Length), Is.All.EqualTo(1L << 30));
    }

    [Test]
    public async Task A_file_that_cannot_be_opened_costs_no_line_on_standard_error_and_is_told_there_once()
    {
        var noFolder = Path.Combine(_folder, "none");
        await File.WriteAllTextAsync(noFolder, "");
        var name = Path.Combine(noFolder, "host.json");
        await using (var log = HostLog.Open(new LoggingOptions { File = name }, Soon))
        {
            log.Logger.Information("One");
            log.Logger.Information("Two");
        }

        var lines = _written.ToString().Trim().Split(Environment.NewLine);
        Assert.That(lines, Has.Length.EqualTo(3));
        Assert.That(lines, Has.One.EndsWith(" INF One").And.One.EndsWith(" INF Two"));
        Assert.That(lines, Has.One.Contains($" ERR The log's file {name} fails: "));
    }

    [Test]
    [Platform("Linux")]
    public async Task A_full_disk_is_told_on_standard_error_once()
    {
        var name = Path.Combine(_folder, "host.json");
        foreach (var file in FilesOfTheDay(name))
            File.CreateSymbolicLink(file, "/dev/full");
        await using (var log = HostLog.Open(new LoggingOptions { File = name }, Soon))
        {
            log.Logger.Information("One");
            log.Logger.Information("Two");
        }

        var lines = _written.ToString().Trim().Split(Environment.NewLine);
        Assert.That(lines, Has.Length.EqualTo(3).And.One.Contains("No space left on device"));
    }

    [TestCase(LogFormat.Text, " WRN 5 lines of this log were not written, since nobody read fast enough")]
    [TestCase(LogFormat.Json, "\"@mt\":\"{Lines} lines of this log were not written, since nobody read fast enough\",\"@l\":\"Warning\",\"Lines\":5")]
    public async Task A_reader_that_does_not_read_costs_lines_and_no_time(LogFormat format, string notice)
    {
        _written.Stop();
        await using (var log = HostLog.Open(new LoggingOptions { Format = format }, Soon))
        {
            log.Logger.Information("Line {Number}", -1);
            await _written.Waits.WaitAsync(Soon);
            for (var number = 0; number < HostLog.Capacity + 5; number++)
                log.Logger.Information("Line {Number}", number);
            _written.GoOn();
        }

        var lines = _written.ToString().Trim().Split(Environment.NewLine);
        Assert.That(lines, Has.Length.EqualTo(1 + 1 + HostLog.Capacity).And.Exactly(1).Contains(notice));
        Assert.That(lines[^1], Does.Contain(notice));
    }

    [Test]
    public async Task Lines_that_are_missing_are_told_where_they_are_missing()
    {
        _written.Stop();
        var told = _written.WaitForAsync("2 lines of this log were not written");
        await using (var log = HostLog.Open(new LoggingOptions(), Soon))
        {
            log.Logger.Information("Line {Number}", -1);
            await _written.Waits.WaitAsync(Soon);
            for (var number = 0; number < HostLog.Capacity + 2; number++)
                log.Logger.Information("Line {Number}", number);
            _written.GoOn();
            await told.WaitAsync(Soon);
            log.Logger.Information("Line after");
        }

        var lines = _written.ToString().Trim().Split(Environment.NewLine);
        Assert.That(lines[^3], Does.EndWith(string.Create(CultureInfo.InvariantCulture, $"Line {HostLog.Capacity - 1}")));
        Assert.That(lines[^2], Does.Contain("2 lines of this log were not written"));
        Assert.That(lines[^1], Does.EndWith("Line after"));
    }

    [Test]
    public async Task The_end_waits_no_longer_for_a_reader_than_it_was_given()
    {
        _written.Stop();
        var log = HostLog.Open(new LoggingOptions(), TimeSpan.FromMilliseconds(1));
        log.Logger.Information("Line");
        await _written.Waits.WaitAsync(Soon);

        await log.DisposeAsync();

        Assert.That(_written.ToString(), Is.Empty);
        _written.GoOn();
    }

    // Of tomorrow too: it may begin meanwhile.
    private static IEnumerable<string> FilesOfTheDay(string name) =>
        new[] { DateTime.Now, DateTime.Now.AddDays(1) }.Select(day => Path.ChangeExtension(name, null) + day.ToString("yyyyMMdd", CultureInfo.InvariantCulture) + ".json");

    private static InvalidOperationException Thrown(InvalidOperationException exception)
    {
        try
        {
            throw exception;
        }
        catch (InvalidOperationException thrown)
        {
            return thrown;
        }
    }

    /// <summary>Standard error whose reader may stop to read.</summary>
    private sealed class WaitingWriter : StringWriter
    {
        private readonly TaskCompletionSource _waits = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _seen = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly ManualResetEventSlim _goesOn = new(initialState: true);
        private string? _awaited;

        public Task Waits => _waits.Task;

        public void Stop() => _goesOn.Reset();

        public void GoOn() => _goesOn.Set();

        /// <summary>Waits for a line that holds the text.</summary>
        public Task WaitForAsync(string text)
        {
            _awaited = text;
            return _seen.Task;
        }

        public override void Write(char value)
        {
            Wait();
            base.Write(value);
        }

        public override void Write(char[] buffer, int index, int count)
        {
            Wait();
            base.Write(buffer, index, count);
        }

        public override void Write(string? value)
        {
            Wait();
            base.Write(value);
            if (_awaited is { } text && value?.Contains(text, StringComparison.Ordinal) == true)
                _seen.TrySetResult();
        }

        protected override void Dispose(bool disposing)
        {
            _goesOn.Dispose();
            base.Dispose(disposing);
        }

        private void Wait()
        {
            if (!_goesOn.IsSet)
                _waits.TrySetResult();
            _goesOn.Wait();
        }
    }
}
