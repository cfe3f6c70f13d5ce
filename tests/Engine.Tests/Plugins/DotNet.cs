using CliWrap;
using CliWrap.Buffered;

namespace DelphiRunner.Engine.Tests.Plugins;

/// <summary>Runs the SDK as a person would at a prompt, leaving no build server behind.</summary>
internal static class DotNet
{
    /// <summary>Runs one command and returns what it wrote.</summary>
    /// <param name="workingFolder">The folder to run in.</param>
    /// <param name="packagesFolder">A folder for restored packages that is not the machine's.</param>
    /// <param name="arguments">The command and its arguments.</param>
    /// <exception cref="InvalidOperationException">It failed; the message holds all that it wrote.</exception>
    public static async Task<string> RunAsync(string workingFolder, string packagesFolder, params string[] arguments)
    {
        var result = await Cli.Wrap(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
            .WithArguments([.. arguments, "--nologo", "--property:UseSharedCompilation=false"])
            .WithWorkingDirectory(workingFolder)
            .WithEnvironmentVariables(variables =>
            {
                foreach (var ofTheTestRun in Environment.GetEnvironmentVariables().Keys.Cast<string>().Where(IsOfTheTestRun))
                    variables.Set(ofTheTestRun, null);

                variables.Set("NUGET_PACKAGES", packagesFolder).Set("MSBUILDDISABLENODEREUSE", "1");
            })
            .WithValidation(CommandResultValidation.None)
            .ExecuteBufferedAsync();
        return result.IsSuccess
            ? result.StandardOutput
            : throw new InvalidOperationException(
                $"'dotnet {string.Join(' ', arguments)}' in '{workingFolder}' ended with {result.ExitCode}.\n" +
                $"{result.StandardOutput}{result.StandardError}");
    }

    private static bool IsOfTheTestRun(string variable) => variable.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase);
}
