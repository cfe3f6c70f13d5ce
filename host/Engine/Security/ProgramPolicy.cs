namespace DelphiRunner.Engine.Security;

/// <summary>Lets run only programs that the operator, or the plugin's settings and declarations, named.</summary>
/// <param name="allowed">The operator's list, which alone counts when it is given; an empty one denies all.</param>
/// <param name="hashes">What allowed programs have to be.</param>
/// <param name="searchPath">The host's <c>PATH</c>.</param>
internal sealed class ProgramPolicy(IReadOnlyList<string>? allowed, ProgramHashes hashes, string? searchPath)
{
    /// <summary>Finds a program and checks that somebody named it.</summary>
    /// <exception cref="CommandDeniedException">Nobody named it, it does not exist, cannot be executed, or has another hash than it should.</exception>
    public ProgramPath Admit(string program, IReadOnlySet<string> named)
    {
        var found = ProgramPath.Find(program, searchPath) ?? throw NotFound(program);
        if (!(allowed ?? (IEnumerable<string>)named).Any(name => Names(name, program, found)))
            throw NotNamed(program, found);
        if (!found.IsExecutable)
        {
            throw new CommandDeniedException(
                RefusalKind.Program, program, $"Program '{found.Path}' is not executable. Give it the right to be executed, or name the program that runs it.");
        }

        hashes.Check(found);
        return found;
    }

    // A link is named by its target, but not a target by a link to it: who names 'true' where it is a link to a program
    // of many names, as in BusyBox, has not named that program's shell.
    private bool Names(string name, string program, ProgramPath found) =>
        string.Equals(name, program, StringComparison.Ordinal)
        || (ProgramPath.Find(name, searchPath) is { } other && found.Steps.Contains(other.Steps[0], StringComparer.Ordinal));

    private static CommandDeniedException NotFound(string program) => new(RefusalKind.Program, program, program switch
    {
        _ when Path.IsPathFullyQualified(program) =>
            $"Program '{program}' does not exist. Correct the path in the plugin's settings, or install the program.",
        _ when program.Length == 0 || Path.GetFileName(program) != program =>
            $"Program '{program}' is a relative path. A program is a name on the PATH or an absolute path; correct it in the plugin's settings.",
        _ => $"Program '{program}' was not found on the host's PATH. Install it, or name it by its absolute path.",
    });

    private CommandDeniedException NotNamed(string program, ProgramPath found)
    {
        var subject = found.File == program ? $"Program '{program}'" : $"Program '{program}' ('{found.File}')";
        return new(RefusalKind.Program, program, allowed switch
        {
            null => $"{subject} is named neither in the plugin's settings nor by its handler. Name it there, or list it under 'security.programs'.",
            [] => $"{subject} may not run: 'security.programs' is empty, which denies all programs. List it there to allow it.",
            _ => $"{subject} is not listed under 'security.programs'. List it there to allow it.",
        });
    }
}
