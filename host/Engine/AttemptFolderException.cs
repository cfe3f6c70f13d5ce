namespace DelphiRunner.Engine;

/// <summary>The host could not make a folder of an attempt: a fault of its own, whoever asked for the folder.</summary>
internal sealed class AttemptFolderException(string folder, Exception inner)
    : IOException($"The host cannot make the folder '{folder}': {inner.Message}", inner)
{
    /// <summary>Makes a folder.</summary>
    /// <exception cref="AttemptFolderException">That failed.</exception>
    public static string Guard(string folder, Func<string> make)
    {
        try
        {
            return make();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new AttemptFolderException(folder, exception);
        }
    }
}
