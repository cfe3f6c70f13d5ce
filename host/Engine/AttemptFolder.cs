namespace DelphiRunner.Engine;

/// <summary>Where an attempt works and where its output is kept: <c>state/work/…</c> and <c>state/spools/…</c>. Made when first asked for.</summary>
internal sealed class AttemptFolder(string state, string jobId, int attempt, int rechecks) : IDisposable
{
    private string? _work;

    /// <summary>The file that the child may write its results to.</summary>
    public string ResultPath => ResultPathIn(Work);

    /// <summary>The work folder: private, and empty at first.</summary>
    public string Work => _work ??= Make(Path.Combine(state, "work", $"{FileNameOf(jobId)}-{attempt}-{Guid.NewGuid():N}"));

    /// <summary>The spool file of the attempt, or of one of its rechecks; its folder exists.</summary>
    public string SpoolPath => Path.Combine(Make(Path.Combine(state, "spools", FileNameOf(jobId))), $"attempt-{attempt:000}-check-{rechecks:00000}.log");

    public static string ResultPathIn(string work) => Path.Combine(work, "result.json");

    /// <summary>The spool files of a job, the oldest first; none when it never ran here.</summary>
    public static IReadOnlyList<string> SpoolsOf(string state, string jobId)
    {
        var folder = Path.Combine(state, "spools", FileNameOf(jobId));
        return Directory.Exists(folder)
            ? [.. Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal)]
            : [];
    }

    public void Dispose()
    {
        if (_work is not null && Directory.Exists(_work))
        {
            Directory.Delete(_work, recursive: true);
        }
    }

    // A job id is other people's text: whatever is no plain file name is replaced, with a hash so that two ids stay two.
    private static string FileNameOf(string jobId)
    {
        var isPlain = jobId.Length is > 0 and <= 150 && jobId.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_');
        return isPlain
            ? jobId
            : $"{new string([.. jobId.Where(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_').Take(60)])}~{Hash(jobId)}";
    }

    private static string Hash(string text) =>
        Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)))[..16];

    private static string Make(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return folder;
    }
}
