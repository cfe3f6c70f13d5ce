using System.Security.Cryptography;

namespace DelphiRunner.Engine.Security;

/// <summary>Compares programs with the hashes that the operator gave. One without a hash is not looked at; a hash without a program denies all.</summary>
/// <remarks>Read anew for each command, since a program can be replaced at any time. Between the look and the start one still could be: only who may write the file.</remarks>
/// <param name="hashes">SHA-256 in hexadecimal, by absolute path or name.</param>
/// <param name="searchPath">The host's <c>PATH</c>.</param>
internal sealed class ProgramHashes(IReadOnlyDictionary<string, string> hashes, string? searchPath)
{
    // Where each name led at the start: who changes or removes a link does not free the program of its hash.
    private readonly Dictionary<string, string?> _filesAtStart = hashes.Keys.ToDictionary(name => name, name => FileOf(name, searchPath), StringComparer.Ordinal);

    /// <exception cref="CommandDeniedException">
    /// The program is not the one that the operator meant, or cannot be read; or nobody can tell whether it should have one of the hashes.
    /// </exception>
    public void Check(ProgramPath program)
    {
        foreach (var (name, wanted) in hashes)
        {
            var (file, fileAtStart) = (FileOf(name, searchPath), _filesAtStart[name]);
            if ((file ?? fileAtStart) is null)
            {
                throw new CommandDeniedException(
                    RefusalKind.ProgramHash,
                    name,
                    $"'security.program_hashes' names '{name}', and there is no such program: perhaps it means '{program.Path}'. Nothing is run until the name is corrected, the program installed, or the entry removed.");
            }

            if ((program.File == file || program.File == fileAtStart) && HashOf(program) is var seen && !seen.Equals(wanted, StringComparison.OrdinalIgnoreCase))
            {
                throw new CommandDeniedException(
                    RefusalKind.ProgramHash,
                    program.Path,
                    $"Program '{program.File}' has the SHA-256 {seen}, and 'security.program_hashes' wants {wanted}. Find out who changed it, or correct the hash after an update.");
            }
        }
    }

    private static string? FileOf(string name, string? searchPath) => ProgramPath.Find(name, searchPath)?.File;

    private static string HashOf(ProgramPath program)
    {
        try
        {
            using var file = File.OpenRead(program.File);
            return Convert.ToHexStringLower(SHA256.HashData(file));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CommandDeniedException(
                RefusalKind.ProgramHash, program.Path, $"Program '{program.File}' cannot be read, so that its hash cannot be compared: {exception.Message}");
        }
    }
}
