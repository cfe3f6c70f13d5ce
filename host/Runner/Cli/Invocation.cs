using DelphiRunner.Engine.Stores;
using DelphiRunner.Runner.Configuration;

namespace DelphiRunner.Runner.Cli;

/// <summary>What a command works with.</summary>
internal sealed class Invocation(
    Func<RunnerConfiguration> loadConfiguration, Func<RunnerConfiguration, CancellationToken, Task<IJobStore>> openStore, CommandOutput output, TimeProvider time)
{
    private readonly Lazy<RunnerConfiguration> _configuration = new(loadConfiguration);

    /// <summary>The configuration, loaded when first asked for.</summary>
    /// <exception cref="ConfigurationException">It cannot be used.</exception>
    public RunnerConfiguration Configuration => _configuration.Value;

    public CommandOutput Output { get; } = output;

    public TimeProvider Time { get; } = time;

    /// <summary>Makes the configured store; the caller disposes it.</summary>
    /// <exception cref="ConfigurationException">There is no such store.</exception>
    public Task<IJobStore> OpenStoreAsync(CancellationToken cancellationToken) => openStore(Configuration, cancellationToken);
}
