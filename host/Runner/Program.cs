using System.CommandLine;
using DelphiRunner.Runner.Cli;
using DelphiRunner.Runner.Cli.Jobs;
using DelphiRunner.Runner.Cli.Stores;
using DelphiRunner.Runner.Cli.Submitting;

var border = new CommandBorder(Console.Out, Console.Error, TimeProvider.System);
var root = new RootCommand("Polls a job queue and runs its jobs as subprocesses that plugins plan.")
{
    RunCommand.Define(border),
    SubmitCommand.Define(border),
    new Command("jobs", "Look at the jobs in the queue.")
    {
        JobsListCommand.Define(border),
        JobsShowCommand.Define(border),
        JobsLogsCommand.Define(border),
    },
    PlanCommand.Define(border),
    DemoCommand.Define(border),
    new Command("plugins", "Look at the plugins.")
    {
        PluginsListCommand.Define(border),
    },
    new Command("store", "Create the queue, look it over, or copy it.")
    {
        StoreInitCommand.Define(border),
        StoreCheckCommand.Define(border),
        StoreCopyCommand.Define(border),
    },
    new Command("config", "Look at the configuration.")
    {
        ConfigCommands.DefineCheck(border),
        ConfigCommands.DefineShow(border),
    },
};
RunCommand.Configure(root, border);
border.Options.AddTo(root);
return await border.RunAsync(root, args);
