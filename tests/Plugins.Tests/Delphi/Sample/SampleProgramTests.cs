using System.Diagnostics;
using DelphiRunner.Contracts;
using DelphiRunner.Plugins.Delphi;

namespace DelphiRunner.Plugins.Tests.Delphi.Sample;

/// <summary>The sample as a program, started with exactly what the handlers plan.</summary>
public sealed class SampleProgramTests
{
    private SampleFolder _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = new SampleFolder();

    [TearDown]
    public void RemoveFolder() => _folder.Dispose();

    [Test]
    public async Task All_three_commands_run_as_planned_with_a_recheck_among_them()
    {
        var context = new MemoryContext();
        var settings = Settings();

        var pipeline = await RunAsync(await MemoryContext.ConfigureAsync(host => new FullPipelineHandler(host), settings), JobRows.Read("01"), context);
        Assert.That(pipeline.Kind, Is.EqualTo(JobOutcomeKind.Completed), pipeline.Error);
        Assert.That(pipeline.Results().GetProperty("groups").GetInt32(), Is.EqualTo(3));
        Assert.That(pipeline.Results().TryGetProperty("warning", out _), Is.False);

        var parent = JobRows.Read("03");
        context.Jobs.Put(parent);
        var submission = await RunAsync(await MemoryContext.ConfigureAsync(host => new CreateNarrativeBatchHandler(host), settings), parent, context);
        Assert.That(submission.Kind, Is.EqualTo(JobOutcomeKind.Completed), submission.Error);
        Assert.That(submission.Attributes["batch_id"].Text, Does.StartWith("msgbatch_"));

        var checker = (await context.Jobs.GetAsync(context.Jobs.Created.Single().Id, CancellationToken.None))!;
        var check = await MemoryContext.ConfigureAsync(host => new CheckNarrativeBatchHandler(host), settings);
        var first = await RunAsync(check, checker, context);
        var second = await RunAsync(check, checker with { Rechecks = 1 }, context);
        Assert.That(first.Kind, Is.EqualTo(JobOutcomeKind.Recheck));
        Assert.That(second.Kind, Is.EqualTo(JobOutcomeKind.Completed), second.Error);
        Assert.That(second.Results().GetProperty("answered").GetInt32(), Is.EqualTo(second.Results().GetProperty("requests").GetInt32()));
    }

    private string Settings()
    {
        var program = Path.Combine(AppContext.BaseDirectory, "delphi-sample.dll");
        return $$"""
            { "app_path": "{{_folder.Path}}", "model": "claude-test",
              "commands": { "full_pipeline": ["dotnet", "{{program}}", "run-delphi"], "create_narrative_batch": ["dotnet", "{{program}}", "create-batch"],
                            "check_narrative_batch": ["dotnet", "{{program}}", "check-batch"] },
              "child_environment": { "DELPHI_SAMPLE_OUTPUT": "{app_path}/out" } }
            """;
    }

    private async Task<JobOutcome> RunAsync(IJobHandler handler, Job job, MemoryContext context)
    {
        var command = (await handler.PlanAsync(job, context, CancellationToken.None)).Command!;
        var result = await StartAsync(command);
        return await handler.ConcludeAsync(job, result, context, CancellationToken.None);
    }

    private async Task<ProcessResult> StartAsync(JobCommand command)
    {
        var resultFile = _folder.File("result.json");
        File.Delete(resultFile);
        var start = new ProcessStartInfo(command.Program, command.Arguments) { WorkingDirectory = command.WorkingDirectory, RedirectStandardOutput = true };
        foreach (var (name, value) in command.Environment)
        {
            start.Environment[name] = value;
        }

        start.Environment["DELPHI_RESULT_FILE"] = resultFile;
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return Ends.Exit(process.ExitCode, output.Split('\n', StringSplitOptions.RemoveEmptyEntries)) with
        {
            ResultFileJson = File.Exists(resultFile) ? await File.ReadAllTextAsync(resultFile) : null,
        };
    }
}
