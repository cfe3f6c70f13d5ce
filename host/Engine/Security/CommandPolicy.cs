using DelphiRunner.Contracts;
using DelphiRunner.Engine.Security.Variables;

namespace DelphiRunner.Engine.Security;

/// <summary>A handler's command, and what the host knows about it.</summary>
internal sealed record CommandRequest
{
    public required JobCommand Command { get; init; }

    /// <summary>The absolute path of the attempt's work folder, which exists: the child's <c>HOME</c>, and its working directory by default.</summary>
    public required string WorkFolder { get; init; }

    /// <summary>The variables by which the host speaks to the child (<c>DELPHI_RESULT_FILE</c> and others). They win over all others.</summary>
    public required IReadOnlyDictionary<string, string> HostVariables { get; init; }

    /// <summary>What the plugin's settings and declarations name. Only absolute paths and bare names count.</summary>
    public required IReadOnlySet<string> NamedPrograms { get; init; }

    /// <summary>What the plugin's settings could name as folders, and what its handler declares, as absolute paths. Most may be no folders.</summary>
    public required IReadOnlySet<string> NamedFolders { get; init; }

    /// <summary>The secrets that are granted to the job type.</summary>
    public required IReadOnlyList<SecretGrant> Secrets { get; init; }

    /// <summary>The absolute path of the folder, not made yet, in which the attempt finds the secrets that it gets as files.</summary>
    public required string SecretFolder { get; init; }

    /// <summary>The longest that the command may run; a shorter limit of the command itself counts.</summary>
    public required TimeSpan TimeLimit { get; init; }
}

/// <summary>Decides whether a handler's command may run, and with which environment.</summary>
/// <param name="options">The section <c>security</c>.</param>
/// <param name="stateFolder">The absolute path of the host's state folder.</param>
/// <param name="hostEnvironment">The host's own environment, from which inherited variables and secrets without a file are taken.</param>
internal sealed class CommandPolicy(SecurityOptions options, string stateFolder, IReadOnlyDictionary<string, string> hostEnvironment)
{
    private readonly ProgramPolicy _programs = new(
        options.Programs,
        new ProgramHashes(options.ProgramHashes, hostEnvironment.GetValueOrDefault("PATH")),
        hostEnvironment.GetValueOrDefault("PATH"));

    private readonly FolderPolicy _folders = new(options.WorkingFolders, stateFolder);
    private readonly EnvironmentPolicy _environment = new(
        options.Environment, hostEnvironment, new HostSecrets(options.SecretFiles, hostEnvironment));

    /// <summary>Approves a command, or denies it.</summary>
    /// <param name="request">The command.</param>
    /// <param name="refusals">
    /// Takes each variable that is left out, each secret that is missing, and what else the job's log should say, also of a command that is denied.
    /// </param>
    /// <exception cref="CommandDeniedException">A rule forbids the command, or it could not be started as it is.</exception>
    public ApprovedCommand Approve(CommandRequest request, ICollection<Refusal> refusals) =>
        ApprovedCommand.Approve(request, _programs, _folders, _environment, refusals);
}
