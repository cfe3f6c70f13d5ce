namespace DelphiRunner.EndToEnd.Tests.DynamoDb;

/// <summary>
/// A script for commands that begins by adding the job's id to a file, so that what was started is known from the children and not from the hosts. It lies
/// in the deployment's folder as <c>NAME.sh</c>, one level above the folder in which commands run.
/// </summary>
internal sealed class Marks
{
    private readonly string _file;

    /// <param name="deployment">The deployment whose commands it is for.</param>
    /// <param name="name">The script's name.</param>
    /// <param name="script">What else the script does, in the language of <c>sh</c>.</param>
    public Marks(Deployment deployment, string name, string script = "")
    {
        _file = Path.Combine(deployment.Folder, $"{name}.marks");
        deployment.Write($"{name}.sh", $"""
            echo "$DELPHI_JOB_ID" >> '{_file}'
            {script}
            """);
    }

    /// <summary>The ids so far, one for each start; each is written at once, whoever else writes.</summary>
    public IReadOnlyList<string> JobIds => File.Exists(_file) ? File.ReadAllLines(_file) : [];
}
