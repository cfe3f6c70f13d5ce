using DelphiRunner.Contracts;

namespace DelphiRunner.Plugins.Delphi.Rows;

/// <summary>What a row says about how it should be run. A stage counts before the row's environment, and that before the top level.</summary>
internal sealed class JobParameters
{
    private readonly JobConfiguration _configuration;

    private JobParameters(JobIdentity identity, JobConfiguration configuration, IReadOnlyDictionary<string, string> environment) =>
        (Identity, _configuration, Environment) = (identity, configuration, environment);

    public JobIdentity Identity { get; }

    /// <summary>The variables that the row asks for, untouched.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; }

    /// <summary>Reads a row.</summary>
    /// <exception cref="InvalidJobException">An id, the configuration or the environment cannot be used.</exception>
    public static JobParameters Read(Job job)
    {
        var identity = JobIdentity.Read(job);
        var configuration = JobConfiguration.Read(job);
        return new JobParameters(identity.With(configuration), configuration, RowEnvironment.Read(job));
    }

    /// <summary>Finds a parameter by its key in the configuration and by the variable that stands for it in the row's environment.</summary>
    public ConfigurationValue? Find(string key, string? variable = null, string? stageName = null) =>
        _configuration.FindInStages(key, stageName) ?? FindVariable(variable) ?? _configuration.FindAtTop(key);

    private ConfigurationValue? FindVariable(string? variable) =>
        variable is not null && Environment.TryGetValue(variable, out var text)
            ? ConfigurationValue.OfText($"environment.{variable}", text)
            : null;
}
