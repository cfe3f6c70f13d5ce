using System.CommandLine;
using DelphiRunner.Runner.Cli;
using DelphiRunner.Runner.Cli.Jobs;
using DelphiRunner.Runner.Cli.Submitting;

var border = new CommandBorder(Console.Out, Console.Error, TimeProvider.System);
var root = new RootCommand("Polls a job queue and runs its jobs as subprocesses that plugins plan.")
{
    SubmitCommand.Define(border),
    new Command("jobs", "Look at the jobs in the queue.")
    {
        JobsListCommand.Define(border),
        JobsShowCommand.Define(border),
        JobsLogsCommand.Define(border),
    },
    new Command("plugins", "Look at the plugins.")
    {
        PluginsListCommand.Define(border),
    },
    new Command("config", "Look at the configuration.")
    {
        ConfigCommands.DefineCheck(border),
        ConfigCommands.DefineShow(border),
    },
};
border.Options.AddTo(root);
return await border.RunAsync(root, args);
