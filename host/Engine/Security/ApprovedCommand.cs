using System.Collections.ObjectModel;
using DelphiRunner.Engine.Security.Masking;
using DelphiRunner.Engine.Security.Variables;

namespace DelphiRunner.Engine.Security;

/// <summary>A command that passed every rule. It has one way to come into being and none to be changed, so whoever holds one may run it.</summary>
/// <remarks>A class and not a record: <c>with</c> would change what was approved, in spite of a private constructor.</remarks>
internal sealed class ApprovedCommand
{
    private ApprovedCommand(
        ProgramPath program,
        ReadOnlyCollection<string> arguments,
        string workingDirectory,
        ChildEnvironment environment,
        string? standardInput,
        TimeSpan timeLimit)
    {
        Program = program.Path;
        ProgramFile = program.File;
        Arguments = arguments;
        WorkingDirectory = workingDirectory;
        Environment = environment.Variables;
        Masker = environment.Masker;
        SecretFiles = environment.SecretFiles;
        StandardInput = standardInput;
        TimeLimit = timeLimit;
    }

    /// <summary>The absolute path that is started: after the look-up on <c>PATH</c>, before its last link, because programs look at their own name.</summary>
    public string Program { get; }

    /// <summary>The file that <see cref="Program"/> leads to, with all links resolved.</summary>
    public string ProgramFile { get; }

    public ReadOnlyCollection<string> Arguments { get; }

    /// <summary>An absolute path that existed when the command was approved; with all links resolved, unless it is the attempt's own folder.</summary>
    public string WorkingDirectory { get; }

    /// <summary>The whole environment of the child; nothing else is inherited.</summary>
    public ReadOnlyDictionary<string, string> Environment { get; }

    /// <summary>What has to be in files while the command runs, by their absolute paths, all in one folder. The environment names them.</summary>
    public ReadOnlyDictionary<string, string> SecretFiles { get; }

    public string? StandardInput { get; }

    public TimeSpan TimeLimit { get; }

    /// <summary>Masks the granted secrets in whatever the child writes.</summary>
    public SecretMasker Masker { get; }

    /// <summary>Applies every rule. The rules stand here, beside the only constructor call, so that no caller can leave one out.</summary>
    /// <param name="request">The command.</param>
    /// <param name="programs">Which programs may run.</param>
    /// <param name="folders">Where they may work.</param>
    /// <param name="environment">What their environment is made of. It comes first, so that what a row asks for is named whatever else is wrong.</param>
    /// <param name="refusals">Takes what is left out of the command, also when it is denied.</param>
    /// <exception cref="CommandDeniedException">A rule forbids the command, or it could not be started as it is.</exception>
    public static ApprovedCommand Approve(
        CommandRequest request, ProgramPolicy programs, FolderPolicy folders, EnvironmentPolicy environment, ICollection<Refusal> refusals)
    {
        var command = request.Command;
        var arguments = command.Arguments.ToArray().AsReadOnly();
        var variables = environment.Compose(request, refusals);
        ArgumentPolicy.CheckTexts(command.Program, arguments, command.WorkingDirectory, command.StandardInput);
        ArgumentPolicy.CheckSecrets(command.Program, arguments, command.WorkingDirectory, variables.Masker);
        var program = programs.Admit(command.Program, request.NamedPrograms);
        ArgumentPolicy.CheckScript(program, arguments);
        var workingDirectory = folders.Admit(command.WorkingDirectory, request.WorkFolder, request.NamedFolders);
        var timeLimit = ArgumentPolicy.CheckTimeLimit(command.Program, request.TimeLimit, command.TimeLimit);
        ArgumentPolicy.CheckSize(program.Path, arguments, variables.Variables);
        return new ApprovedCommand(program, arguments, workingDirectory, variables, command.StandardInput, timeLimit);
    }
}
