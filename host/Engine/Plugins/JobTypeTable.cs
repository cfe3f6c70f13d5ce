namespace DelphiRunner.Engine.Plugins;

/// <summary>Decides which handler serves each job type: the only one that declares it, or the one that <c>plugins.routes</c> names.</summary>
internal sealed class JobTypeTable(
    IReadOnlyList<StartedPlugin> plugins, IReadOnlyDictionary<string, string> routes, IReadOnlyList<QuarantinedPlugin> quarantined)
{
    private readonly List<string> _problems = [];

    /// <summary>The job types that are declared or routed but not served, each with the reason; filled by <see cref="Build"/>.</summary>
    public IReadOnlyList<string> Problems => _problems;

    public IReadOnlyDictionary<string, JobHandler> Build()
    {
        var table = new Dictionary<string, JobHandler>(StringComparer.Ordinal);
        var declared = plugins.SelectMany(plugin => plugin.DeclaredJobTypes);
        foreach (var jobType in declared.Union(routes.Keys).Order(StringComparer.Ordinal))
        {
            var plugin = routes.TryGetValue(jobType, out var name) ? Routed(jobType, name) : OnlyOne(jobType);
            if (plugin?.HandlerFor(jobType) is { } handler)
                table.Add(jobType, plugin.Serve(handler, jobType));
        }

        return table;
    }

    private StartedPlugin? Routed(string jobType, string name)
    {
        var plugin = plugins.FirstOrDefault(plugin => plugin.Name == name);
        if (plugin?.HandlerFor(jobType) is not null)
            return plugin;

        _problems.Add($"Job type '{jobType}' is not served: 'plugins.routes' gives it to the plugin '{name}', {WhyNot(jobType, name)}");
        return null;
    }

    private string WhyNot(string jobType, string name)
    {
        if (plugins.Any(plugin => plugin.Name == name))
        {
            return quarantined.Any(broken => broken.Name == name && broken.JobTypes.Contains(jobType))
                ? "whose handler for it is quarantined."
                : "which neither declares it nor has a handler with [HandlesRoutedJobTypes]. Correct the route.";
        }

        return quarantined.Any(plugin => plugin.Name == name)
            ? "which is quarantined."
            : $"which does not exist. Plugins that run: {string.Join(", ", plugins.Select(plugin => $"'{plugin.Name}'").DefaultIfEmpty("none"))}.";
    }

    // A quarantined plugin counts too: whether another may take its job types is not to depend on its health.
    private StartedPlugin? OnlyOne(string jobType)
    {
        var declaring = plugins.Where(plugin => plugin.DeclaredJobTypes.Contains(jobType)).Select(plugin => plugin.Name)
            .Union(quarantined.Where(plugin => plugin.JobTypes.Contains(jobType)).Select(plugin => plugin.Name))
            .ToList();
        if (declaring is [var only])
            return plugins.First(plugin => plugin.Name == only);

        var names = string.Join(" and ", declaring.Select(name => $"'{name}'"));
        _problems.Add(
            $"Job type '{jobType}' is not served: the plugins {names} declare it. Name one of them under 'plugins.routes', or remove the other.");
        return null;
    }
}
