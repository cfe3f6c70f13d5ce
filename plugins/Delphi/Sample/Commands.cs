using DelphiRunner.Plugins.Delphi.Sample.Batches;

namespace DelphiRunner.Plugins.Delphi.Sample;

/// <summary>The three commands and their exit codes, which are those of the scripts that they stand for.</summary>
internal static class Commands
{
    public const int Done = 0;
    public const int Failed = 1;
    public const int WrongUsage = 2;
    public const int StillRunning = 3;

    public static int Run(IReadOnlyList<string> arguments, TextWriter output, TextWriter errors, Func<string, string?> variable)
    {
        var command = arguments.Count > 0 ? arguments[0] : "";
        var rest = arguments.Skip(1).ToArray();
        try
        {
            return command switch
            {
                "run-delphi" => new RunDelphi(output, variable).Run(rest),
                "create-batch" => new CreateBatch(output, variable).Run(rest),
                "check-batch" => new CheckBatch(output, variable).Run(rest),
                _ => throw new UsageException($"argument command: invalid choice: '{command}' (choose from run-delphi, create-batch, check-batch)"),
            };
        }
        catch (UsageException exception)
        {
            errors.WriteLine($"delphi-sample {command}: error: {exception.Message}");
            return WrongUsage;
        }
        catch (Exception exception)
        {
            errors.WriteLine($"delphi-sample {command}: {exception.GetType().Name}: {exception.Message}");
            return Failed;
        }
    }
}
