using System.Globalization;
using System.Text;
using DelphiRunner.Engine.Security.Masking;

namespace DelphiRunner.Engine.Security;

/// <summary>The rules for arguments and time limit: what could not be started is refused before, with a clear reason.</summary>
internal static class ArgumentPolicy
{
    /// <summary>The longest argument or variable in bytes. Linux: MAX_ARG_STRLEN, 32 pages with the closing NUL, see man 2 execve.</summary>
    public const int MaxArgumentBytes = (128 * 1024) - 1;

    /// <summary>
    /// The most that arguments and environment may have together, in bytes with each one's NUL and pointer. Linux: a quarter of the
    /// stack's usual limit of 8 MiB, see man 2 execve, less a page for the prefix program and the path.
    /// </summary>
    public const int MaxTotalBytes = (2 * 1024 * 1024) - 4096;

    private const string Otherwise = "Hand large texts over by standard input or a file.";

    /// <summary>The longest time limit that a timer can hold.</summary>
    public static readonly TimeSpan MaxTimeLimit = TimeSpan.FromDays(24);

    private static readonly string[] Interpreters =
        ["python", "dotnet", "node", "sh", "bash", "dash", "zsh", "ruby", "perl", "Rscript", "php", "pwsh", "tsx"];

    private static readonly string[] ScriptExtensions =
        [".py", ".sh", ".js", ".mjs", ".cjs", ".ts", ".rb", ".pl", ".R", ".php", ".ps1", ".dll", ".jar"];

    private static readonly string[] NoScriptFollows = ["-", "--", "-c", "-m", "-e", "-p", "-r", "--eval", "--print"];

    public static void CheckTexts(string program, IReadOnlyList<string> arguments, string? folder, string? standardInput)
    {
        if (program.Contains('\0', StringComparison.Ordinal))
            throw Denied(program, $"Program '{program}' has a NUL character in its name, which no program can have.", RefusalKind.Program);
        if (folder?.Contains('\0', StringComparison.Ordinal) == true)
            throw Denied(folder, $"Working directory '{folder}' has a NUL character in its name, which no folder can have.", RefusalKind.WorkingFolder);
        for (var i = 0; i < arguments.Count; i++)
        {
            if (arguments[i].Contains('\0', StringComparison.Ordinal))
                throw Denied(program, $"Argument {i + 1} of '{program}' holds a NUL character, which would cut it. Hand such data over by a file.");
        }

        if (standardInput?.Contains('\0', StringComparison.Ordinal) == true)
            throw Denied(program, $"The standard input for '{program}' holds a NUL character, but it is a text. Hand such data over by a file.");
    }

    /// <summary>Keeps granted secrets, in every form in which they are masked, out of what all processes can read of a command: what it is started by.</summary>
    public static void CheckSecrets(string program, IReadOnlyList<string> arguments, string? folder, SecretMasker masker)
    {
        const string Rule = "a secret that is granted to this job type, and everybody on the machine can read what a command is started by. " +
            "Take it out of the plugin's settings and of the row: the command finds it in its variable or file.";
        var shown = masker.Mask(program);
        if (Holds(program))
            throw Denied(shown, $"The name of program '{shown}' holds {Rule}", RefusalKind.Program);
        if (folder is not null && Holds(folder))
            throw Denied(masker.Mask(folder), $"Working directory '{masker.Mask(folder)}' holds {Rule}", RefusalKind.WorkingFolder);
        for (var i = 0; i < arguments.Count; i++)
        {
            if (Holds(arguments[i]))
                throw Denied(shown, $"Argument {i + 1} of '{shown}' holds {Rule}");
        }

        bool Holds(string text) => masker.Mask(text) != text;
    }

    public static void CheckSize(string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment)
    {
        long total = 0;
        for (var i = 0; i < arguments.Count; i++)
            total += Check($"Argument {i + 1} of '{program}'", Encoding.UTF8.GetByteCount(arguments[i]));
        foreach (var (name, value) in environment)
            total += Check($"Environment variable '{name}' of '{program}'", Encoding.UTF8.GetByteCount($"{name}={value}"));
        if (total > MaxTotalBytes)
            throw Denied(program, $"Arguments and environment of '{program}' have {total:N0} bytes together; the limit is {MaxTotalBytes:N0}. {Otherwise}");

        long Check(string what, int bytes) => bytes <= MaxArgumentBytes
            ? bytes + 1 + sizeof(long)
            : throw Denied(program, $"{what} has {bytes:N0} bytes; one may have at most {MaxArgumentBytes:N0}. {Otherwise}");
    }

    /// <summary>Says that a script is missing before an interpreter says so in its own words, or takes it for a silent success.</summary>
    public static void CheckScript(ProgramPath program, IReadOnlyList<string> arguments)
    {
        if (FindScript(program, arguments) is { } script && ProgramPath.Find(script, null) is null && !Directory.Exists(script))
        {
            throw Denied(
                script,
                $"Script '{script}' does not exist, so '{program.Path}' was not started. Correct the path in the plugin's settings, or install the script.");
        }
    }

    public static TimeSpan CheckTimeLimit(string program, TimeSpan limit, TimeSpan? asked)
    {
        var shorter = asked < limit ? asked.Value : limit;
        if (shorter <= TimeSpan.Zero)
            throw Denied(program, $"The time limit of '{program}' is {shorter.TotalSeconds:0.###} seconds; it has to be above zero.", RefusalKind.TimeLimit);
        return shorter < MaxTimeLimit ? shorter : MaxTimeLimit;
    }

    private static string? FindScript(ProgramPath program, IReadOnlyList<string> arguments)
    {
        var isInterpreter = Interpreters.Any(name => IsVersionOf(Path.GetFileNameWithoutExtension(program.Path), name));
        foreach (var argument in arguments)
        {
            if (isInterpreter && argument.StartsWith('-') && !NoScriptFollows.Contains(argument))
                continue;
            var isScript = isInterpreter || ScriptExtensions.Contains(Path.GetExtension(argument));
            return isScript && Path.IsPathFullyQualified(argument) ? argument : null;
        }

        return null;
    }

    // python, python3, python3.11 (of which the part behind the dot is gone already).
    private static bool IsVersionOf(string name, string interpreter) =>
        name.StartsWith(interpreter, StringComparison.Ordinal) && name.Skip(interpreter.Length).All(char.IsAsciiDigit);

    private static CommandDeniedException Denied(string subject, FormattableString message, RefusalKind kind = RefusalKind.Arguments) =>
        new(kind, Shown(subject), Shown(message.ToString(CultureInfo.InvariantCulture)));

    private static string Shown(string text) => text.Replace("\0", "\\0", StringComparison.Ordinal);
}
