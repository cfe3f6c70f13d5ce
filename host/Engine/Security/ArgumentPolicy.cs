using System.Globalization;
using System.Text;

namespace DelphiRunner.Engine.Security;

/// <summary>The rules for arguments, folder and time limit: what could not be started is refused before, with a clear reason.</summary>
internal static class ArgumentPolicy
{
    /// <summary>The longest argument or variable in bytes. Linux: MAX_ARG_STRLEN, 32 pages with the closing NUL, see man 2 execve.</summary>
    public const int MaxArgumentBytes = (128 * 1024) - 1;

    /// <summary>
    /// The most that arguments and environment may have together, in bytes with each one's NUL and pointer. Linux: a quarter of the
    /// stack's usual limit of 8 MiB, see man 2 execve, less a page for the prefix program and the path.
    /// </summary>
    public const int MaxTotalBytes = (2 * 1024 * 1024) - 4096;

    /// <summary>The longest time limit that a timer can hold.</summary>
    public static readonly TimeSpan MaxTimeLimit = TimeSpan.FromDays(24);

    private static readonly string[] Interpreters = ["python", "dotnet", "node", "sh", "bash", "dash", "zsh", "ruby", "perl", "Rscript", "php", "pwsh", "tsx"];
    private static readonly string[] ScriptExtensions = [".py", ".sh", ".js", ".mjs", ".cjs", ".ts", ".rb", ".pl", ".R", ".php", ".ps1", ".dll", ".jar"];
    private static readonly string[] NoScriptFollows = ["-", "--", "-c", "-m", "-e", "-p", "-r", "--eval", "--print"];

    public static void CheckTexts(string program, IReadOnlyList<string> arguments, string? folder, string? standardInput)
    {
        if (program.Contains('\0', StringComparison.Ordinal))
            throw new CommandDeniedException(Shown(program), $"Program '{Shown(program)}' has a NUL character in its name, which no program can have.");
        if (folder?.Contains('\0', StringComparison.Ordinal) == true)
            throw new CommandDeniedException(Shown(folder), $"Working directory '{Shown(folder)}' has a NUL character in its name, which no folder can have.");
        for (var i = 0; i < arguments.Count; i++)
        {
            if (arguments[i].Contains('\0', StringComparison.Ordinal))
                throw new CommandDeniedException(program, $"Argument {i + 1} of '{program}' holds a NUL character, which would cut it. Hand such data over by standard input or a file.");
        }

        if (standardInput?.Contains('\0', StringComparison.Ordinal) == true)
            throw new CommandDeniedException(program, $"The standard input for '{program}' holds a NUL character, but it is a text. Hand binary data over by a file.");
    }

    public static void CheckSize(string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment)
    {
        long total = 0;
        for (var i = 0; i < arguments.Count; i++)
            total += Check($"Argument {i + 1} of '{program}'", Encoding.UTF8.GetByteCount(arguments[i]));
        foreach (var (name, value) in environment)
            total += Check($"Environment variable '{name}' of '{program}'", Encoding.UTF8.GetByteCount(name) + 1 + Encoding.UTF8.GetByteCount(value));
        if (total > MaxTotalBytes)
            throw new CommandDeniedException(program, Text($"Arguments and environment of '{program}' have {total:N0} bytes together; the limit is {MaxTotalBytes:N0}. Hand large texts over by standard input or a file."));

        long Check(string what, int bytes) => bytes <= MaxArgumentBytes
            ? bytes + 1 + sizeof(long)
            : throw new CommandDeniedException(program, Text($"{what} has {bytes:N0} bytes; one may have at most {MaxArgumentBytes:N0}. Hand large texts over by standard input or a file."));
    }

    /// <summary>Says that a script is missing before an interpreter says so in its own words, or takes it for a silent success.</summary>
    public static void CheckScript(ProgramPath program, IReadOnlyList<string> arguments)
    {
        if (FindScript(program, arguments) is { } script && ProgramPath.Find(script, null) is null && !Directory.Exists(script))
            throw new CommandDeniedException(script, $"Script '{script}' does not exist, so '{program.Path}' was not started. Correct the path in the plugin's settings, or install the script.");
    }

    public static string CheckFolder(string folder)
    {
        if (!Path.IsPathFullyQualified(folder))
            throw new CommandDeniedException(folder, $"Working directory '{folder}' is a relative path; it has to be absolute. Correct the plugin's settings.");
        if (!Directory.Exists(folder))
            throw new CommandDeniedException(folder, $"Working directory '{folder}' does not exist. Correct the path in the plugin's settings, or create the folder.");
        return Path.GetFullPath(folder);
    }

    public static TimeSpan CheckTimeLimit(string program, TimeSpan limit, TimeSpan? asked)
    {
        var shorter = asked < limit ? asked.Value : limit;
        if (shorter <= TimeSpan.Zero)
            throw new CommandDeniedException(program, Text($"The time limit of '{program}' is {shorter.TotalSeconds:0.###} seconds; it has to be above zero."));
        return shorter < MaxTimeLimit ? shorter : MaxTimeLimit;
    }

    private static string? FindScript(ProgramPath program, IReadOnlyList<string> arguments)
    {
        var isInterpreter = Interpreters.Any(name => IsVersionOf(Path.GetFileNameWithoutExtension(program.Path), name));
        foreach (var argument in arguments)
        {
            if (isInterpreter && argument.StartsWith('-') && !NoScriptFollows.Contains(argument))
                continue;
            var isScript = Path.IsPathFullyQualified(argument) && (isInterpreter || ScriptExtensions.Contains(Path.GetExtension(argument)));
            return isScript ? argument : null;
        }

        return null;
    }

    // python, python3, python3.11 (of which the part behind the dot is gone already).
    private static bool IsVersionOf(string name, string interpreter) =>
        name.StartsWith(interpreter, StringComparison.Ordinal) && name.Skip(interpreter.Length).All(char.IsAsciiDigit);

    private static string Shown(string text) => text.Replace("\0", "\\0", StringComparison.Ordinal);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
