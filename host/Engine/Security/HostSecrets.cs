using System.Globalization;

namespace DelphiRunner.Engine.Security;

/// <summary>A secret that was found.</summary>
/// <param name="Text">All that its file or variable holds. A key in a file may need the line break at its end.</param>
internal readonly record struct HostSecret(string Text)
{
    /// <summary>The secret without a line break at its end.</summary>
    public string Value => Text.TrimEnd('\r', '\n');

    /// <summary>Nothing that could be read.</summary>
    public override string ToString() => "***";
}

/// <summary>The secrets that job types may be granted: from files that the operator named, else from the host's environment. Read anew for each command.</summary>
/// <param name="files">The file of each secret that has one.</param>
/// <param name="environment">The host's own environment.</param>
internal sealed class HostSecrets(IReadOnlyDictionary<string, string> files, IReadOnlyDictionary<string, string> environment)
{
    // A key or a certificate with its chain; a larger one could not be a variable anyway.
    private const int MaxBytes = 64 * 1024;

    private const UnixFileMode OfOthers =
        UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute | UnixFileMode.GroupWrite;

    /// <summary>Reads a secret.</summary>
    /// <param name="name">Its name, which is that of the variable, too.</param>
    /// <param name="problem">Why there is none, as a sentence that does not show it; otherwise null.</param>
    /// <returns>The secret, or null.</returns>
    public HostSecret? Find(string name, out string? problem)
    {
        problem = null;
        if (files.TryGetValue(name, out var file))
        {
            return Read(name, file, out problem);
        }

        if (environment.GetValueOrDefault(name) is { Length: > 0 } value)
        {
            return new HostSecret(value);
        }

        problem = $"Secret '{name}' is granted to this job type, but the host's environment does not hold it. Set it for the host, name its file in 'security.secret_files', or remove it from 'secrets'.";
        return null;
    }

    private static HostSecret? Read(string name, string file, out string? problem)
    {
        try
        {
            var about = new FileInfo(file);
            problem = about switch
            {
                { Exists: false } => $"Secret '{name}' cannot be read: there is no file '{file}'. Create it, or correct 'security.secret_files'.",
                { Length: > MaxBytes } => string.Create(CultureInfo.InvariantCulture, $"Secret '{name}' is not taken from '{file}': it has {about.Length:N0} bytes, and at most {MaxBytes:N0} are read."),
                _ when !OperatingSystem.IsWindows() && (File.GetUnixFileMode(file) & OfOthers) != 0 =>
                    $"Secret '{name}' is not taken from '{file}': others may read or change that file. Take their rights away (chmod o-rwx,g-w).",
                _ => null,
            };
            if (problem is not null)
            {
                return null;
            }

            if (new HostSecret(File.ReadAllText(file)) is { Value.Length: > 0 } secret)
            {
                return secret;
            }

            problem = $"Secret '{name}' is empty in '{file}'. Write it there, or remove it from 'secrets'.";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            problem = $"Secret '{name}' cannot be read from '{file}': {exception.Message}";
        }

        return null;
    }
}
