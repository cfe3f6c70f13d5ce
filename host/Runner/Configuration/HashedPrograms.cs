using DelphiRunner.Engine.Security;

namespace DelphiRunner.Runner.Configuration;

/// <summary>
/// Looks whether the programs of <c>security.program_hashes</c> are there: a hash for a misspelt name would be compared with nothing. Only a host that
/// runs jobs needs them, so that this is no part of reading the configuration.
/// </summary>
internal static class HashedPrograms
{
    private const string Key = "security.program_hashes";

    /// <exception cref="ConfigurationException">At least one is not there; all are named.</exception>
    public static void Require(RunnerConfiguration configuration)
    {
        var searchPath = Environment.GetEnvironmentVariable("PATH");
        var problems = configuration.Security.ProgramHashes.Keys
            .Where(program => ProgramPath.Find(program, searchPath) is null)
            .Select(program => new ConfigurationProblem(
                configuration.Places[$"{Key}.{program}"], // Each was found in the file.
                $"{Key}.{program}",
                $"There is no program '{program}'{(Path.IsPathFullyQualified(program) ? "" : " on the PATH")}, so that its hash would be compared with nothing. Correct the name, install the program, or remove the entry."))
            .OrderBy(problem => problem.Place.Line)
            .ToList();
        if (problems.Count > 0)
        {
            throw new ConfigurationException(problems);
        }
    }
}
