using DelphiRunner.Engine.Execution.Output;

namespace DelphiRunner.Engine;

/// <summary>The folders that a command is told of.</summary>
/// <param name="Work">Its work folder.</param>
/// <param name="Secrets">The folder of the secrets that it gets as files; it is there only while such a command runs.</param>
internal readonly record struct AttemptPlace(string Work, string Secrets);

/// <summary>Where an attempt works and where its output is kept: <c>state/work/…</c> and <c>state/spools/…</c>. Made when first asked for.</summary>
internal sealed class AttemptFolder(StateFolders folders, string jobId, int attempt, int rechecks) : IDisposable
{
    private string? _name;
    private string? _work;

    /// <summary>Whether nothing of the attempt is left that could still write to its work folder.</summary>
    public bool IsQuiet { get => field && !IsInUse; set; }

    /// <summary>Whether a call of the handler was given up that goes on, and may write to the work folder.</summary>
    public bool IsInUse { get; set; }

    /// <summary>The file that the child may write its results to.</summary>
    public string ResultPath => ResultPathIn(Work);

    /// <summary>The work folder: private, and empty at first.</summary>
    /// <exception cref="AttemptFolderException">It cannot be made.</exception>
    public string Work => _work ??= folders.Work.Take(Name);

    public AttemptPlace Place => new(Work, Path.Combine(folders.Secrets.Path, Name));

    /// <summary>The spool file of the attempt, or of one of its rechecks; its folder exists.</summary>
    /// <exception cref="AttemptFolderException">The folder cannot be made.</exception>
    public string SpoolPath => Path.Combine(
        AttemptFolderException.Guard(SpoolFolder(folders.Path), () => WorkFolders.MakePrivate(SpoolFolder(folders.Path))), $"{FileNameOf(jobId)}.attempt-{attempt:000}.check-{rechecks:00000}.log");

    private string Name => _name ??= $"{FileNameOf(jobId)}-{attempt}-{Guid.NewGuid():N}";

    public static string ResultPathIn(string work) => Path.Combine(work, "result.json");

    /// <summary>The spools of a job, the oldest first, each by its first file, of which <see cref="SpoolParts"/> finds the others; none when it wrote nothing here.</summary>
    public static IReadOnlyList<string> SpoolsOf(string state, string jobId) =>
        Directory.Exists(SpoolFolder(state))
            ? [.. Directory.EnumerateFiles(SpoolFolder(state), $"{FileNameOf(jobId)}.*").Where(SpoolParts.IsFirst).Order(StringComparer.Ordinal)]
            : [];

    /// <summary>Keeps the work folder of a failed attempt for whoever looks for the cause, where the operator wants that.</summary>
    /// <returns>A sentence for the job's log, or null.</returns>
    public string? KeepFailed() => _work is not null && IsQuiet ? folders.Failed?.Keep(_work) : null;

    public void Dispose()
    {
        if (_work is not null)
        {
            folders.Work.GiveBack(_work, IsQuiet);
        }
    }

    private static string SpoolFolder(string state) => Path.Combine(state, "spools");

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
}
