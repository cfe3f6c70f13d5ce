using DelphiRunner.Contracts;
using DelphiRunner.Engine.Security;

namespace DelphiRunner.Engine.Tests.Security;

/// <summary>Requests for a command that would be approved as it is, for tests to vary.</summary>
internal static class Requests
{
    /// <summary>The host's state folder, which is not there.</summary>
    public static readonly string StateFolder = Path.Combine(Path.GetTempPath(), "delphi-requests-state");

    public static CommandRequest For(JobCommand command) => new()
    {
        Command = command,
        WorkFolder = Path.GetTempPath(),
        HostVariables = new Dictionary<string, string>(),
        NamedPrograms = new HashSet<string> { command.Program },
        NamedFolders = new HashSet<string>(),
        Secrets = [],
        SecretFolder = Path.Combine(Path.GetTempPath(), "delphi-secrets"),
        TimeLimit = TimeSpan.FromMinutes(1),
    };

    public static (ApprovedCommand Command, List<Refusal> Refusals) Approve(
        CommandRequest request, SecurityOptions? options = null, Dictionary<string, string>? host = null)
    {
        var refusals = new List<Refusal>();
        return (Approve(request, refusals, options, host), refusals);
    }

    public static ApprovedCommand Approve(
        CommandRequest request, ICollection<Refusal> refusals, SecurityOptions? options = null, Dictionary<string, string>? host = null) =>
        new CommandPolicy(options ?? new SecurityOptions(), StateFolder, host ?? new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin" }).Approve(request, refusals);

    public static CommandDeniedException? Denial(CommandRequest request, SecurityOptions? options = null, Dictionary<string, string>? host = null)
    {
        try
        {
            Approve(request, options, host);
            return null;
        }
        catch (CommandDeniedException e)
        {
            return e;
        }
    }
}
