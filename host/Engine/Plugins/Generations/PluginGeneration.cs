namespace DelphiRunner.Engine.Plugins.Generations;

/// <summary>
/// One state of a plugin's files, copied into a folder named by their hash, which nobody changes any more. Only such a folder is loaded:
/// truncating a loaded DLL in place, which a copy over it does first, kills the process that has it mapped.
/// </summary>
internal sealed record PluginGeneration(string Name, string Folder, string Hash)
{
    private const int Tries = 8;

    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(50);

    /// <summary>The path of the plugin's own assembly.</summary>
    public string Dll => Path.Combine(Folder, $"{Name}.dll");

    /// <summary>Copies a dropped plugin, or finds the generation that an earlier start has made of the same files.</summary>
    /// <exception cref="PluginException">The plugin's files did not stay the same for long enough to be copied.</exception>
    public static async Task<PluginGeneration> TakeAsync(
        DroppedPlugin dropped, string generationsFolder, TimeProvider time, CancellationToken stoppingToken)
    {
        PluginFiles.CreateFolder(generationsFolder);
        IOException? lastFault = null;
        for (var tries = 1; tries <= Tries; tries++)
        {
            try
            {
                if (await TryTakeAsync(dropped, generationsFolder, stoppingToken).ConfigureAwait(false) is { } generation)
                {
                    OldGenerations.Touch(generation, time);
                    OldGenerations.Remove(dropped.Name, generationsFolder, time);
                    return generation;
                }
            }
            catch (IOException exception)
            {
                // A file or folder that went away is a plugin that is being replaced just now.
                lastFault = exception;
            }

            await Task.Delay(RetryDelay * tries, time, stoppingToken).ConfigureAwait(false);
        }

        throw new PluginException(
            $"Plugin '{dropped.Name}' could not be copied to '{generationsFolder}' in {Tries} tries: " +
            $"{lastFault?.Message ?? "its files kept changing."} Replace a plugin by renaming a complete folder into place.",
            lastFault);
    }

    private static async Task<PluginGeneration?> TryTakeAsync(DroppedPlugin dropped, string generationsFolder, CancellationToken stoppingToken)
    {
        var hash = await PluginFiles.HashAsync(dropped.Folder, stoppingToken).ConfigureAwait(false);
        var generation = new PluginGeneration(dropped.Name, Path.Combine(generationsFolder, $"{dropped.Name}-{hash}"), hash);
        if (await generation.IsIntactAsync(stoppingToken).ConfigureAwait(false))
            return generation;

        var staging = Path.Combine(generationsFolder, $".{dropped.Name}-{Guid.NewGuid():N}");
        try
        {
            PluginFiles.CreateFolder(staging);
            await PluginFiles.CopyAsync(dropped.Folder, staging, stoppingToken).ConfigureAwait(false);
            var copied = await PluginFiles.HashAsync(staging, stoppingToken).ConfigureAwait(false);
            if (copied != hash)
                return null;

            if (Directory.Exists(generation.Folder))
                Discard(generation.Folder, generationsFolder);

            Directory.Move(staging, generation.Folder);
            return generation;
        }
        finally
        {
            if (Directory.Exists(staging))
                Directory.Delete(staging, recursive: true);
        }
    }

    private async Task<bool> IsIntactAsync(CancellationToken stoppingToken) =>
        Directory.Exists(Folder) && await PluginFiles.HashAsync(Folder, stoppingToken).ConfigureAwait(false) == Hash;

    // A copy that lost its content, as a power cut may leave it, makes way for a fresh one.
    private static void Discard(string damaged, string generationsFolder)
    {
        var aside = Path.Combine(generationsFolder, $".damaged-{Guid.NewGuid():N}");
        Directory.Move(damaged, aside);
        Directory.Delete(aside, recursive: true);
    }
}
